package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	"monitord/alerting/notify"
)

// compose writes the whole message, in ASCII with CRLF. The same notification
// gives the same bytes, except for the picture, the date, and how long the short
// form says that it lasts.
func (c *Channel) compose(ctx context.Context, n notify.Notification, to mail.Address) ([]byte, error) {
	if n.Form == FormShort {
		return c.composeShort(n, to)
	}
	png := c.picture(ctx, n)
	p := c.page(n, len(png) > 0)
	html, err := renderHTML(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	body := multipart.NewWriter(&b)
	if err := body.SetBoundary(boundary("alternative", n.ID)); err != nil {
		return nil, err
	}
	c.writeHeaders(&b, n, to, p.Subject, p.Reply.To)
	writeHeader(&b, "Content-Type", fmt.Sprintf("multipart/alternative; boundary=%q", body.Boundary()))
	b.WriteString("\r\n")
	if err := writeText(body, "text/plain", renderText(p)); err != nil {
		return nil, err
	}
	if err := writeRelated(body, n.ID, html, png); err != nil {
		return nil, err
	}
	if err := body.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// boundary is a separator that no encoded text can hold: '=' and '_' together
// do not occur at a line's start there.
func boundary(kind, id string) string {
	sum := sha256.Sum256([]byte(kind + id))
	return "=_" + hex.EncodeToString(sum[:15])
}

func writeHeader(b *bytes.Buffer, name, value string) {
	b.WriteString(fold(name + ": " + notify.OneLine(value)))
}

// writeHeaders writes all but how the body is written. replyTo is where replies
// go; "" leaves that to From.
func (c *Channel) writeHeaders(b *bytes.Buffer, n notify.Notification, to mail.Address, subject, replyTo string) {
	header := func(name, value string) { writeHeader(b, name, value) }
	header("Date", c.deps.Now().Format(time.RFC1123Z))
	header("From", c.from.String())
	header("To", to.String())
	if a, err := mail.ParseAddress(replyTo); err == nil {
		header("Reply-To", a.String())
	}
	header("Subject", encodeWords(subject))
	header("Message-ID", c.messageID(n.ID))
	if n.Thread != "" && n.Thread != n.ID {
		refs := c.messageID(n.Thread)
		if n.Follows != "" && n.Follows != n.Thread {
			refs += " " + c.messageID(n.Follows)
			header("In-Reply-To", c.messageID(n.Follows))
		} else {
			header("In-Reply-To", c.messageID(n.Thread))
		}
		header("References", refs)
	}
	header("Auto-Submitted", "auto-generated")
	header("X-Auto-Response-Suppress", "All")
	header("X-Monitord-Incident", fmt.Sprint(n.Incident))
	header("MIME-Version", "1.0")
}

// messageID is the identity of a message in the sender's domain.
func (c *Channel) messageID(id string) string {
	_, domain, _ := strings.Cut(c.from.Address, "@")
	safe := strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && !strings.ContainsRune(`<>@()[]\,;:"`, r) {
			return r
		}
		return '-'
	}, id)
	if !ascii(domain) {
		domain = "monitord.invalid"
	}
	return "<" + safe + "@" + domain + ">"
}

// encodeWords writes a header's text by RFC 2047 where it needs it. What looks
// like an encoded word is encoded too, or a check's output could pretend.
func encodeWords(s string) string {
	s = notify.OneLine(s)
	switch {
	case !ascii(s):
		return mime.BEncoding.Encode("utf-8", s)
	case strings.Contains(s, "=?"):
		return encodeASCII(s)
	}
	return s
}

// encodeASCII encodes what the library leaves as it is, because it is ASCII. An
// encoded word has at most 75 characters (RFC 2047, 2): 45 bytes in base64 and 12.
func encodeASCII(s string) string {
	var words []string
	for len(s) > 0 {
		n := min(45, len(s))
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(s[:n]))+"?=")
		s = s[n:]
	}
	return strings.Join(words, " ")
}

// fold breaks a header line at blanks before column 76 (RFC 5322, 2.2.3).
func fold(line string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Split(line, " ") {
		switch {
		case i == 0:
		case i > 1 && width+1+len(word) > 76:
			b.WriteString("\r\n ")
			width = 1
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += len(word)
	}
	return b.String() + "\r\n"
}

func writeText(w *multipart.Writer, kind, s string) error {
	h, write := textHeader(kind, s)
	part, err := w.CreatePart(h)
	if err != nil {
		return err
	}
	return write(part, []byte(strings.ReplaceAll(s, "\n", "\r\n")))
}

// textHeader says how a text is written, and writes it so.
func textHeader(kind, s string) (h textproto.MIMEHeader, write func(io.Writer, []byte) error) {
	h = textproto.MIMEHeader{}
	h.Set("Content-Type", kind+"; charset=utf-8")
	encoding, write := "quoted-printable", writeQuoted
	if !mostlyASCII(s) {
		encoding, write = "base64", writeBase64
	}
	h.Set("Content-Transfer-Encoding", encoding)
	return h, write
}

// mostlyASCII says whether quoted-printable is the shorter encoding.
func mostlyASCII(s string) bool {
	foreign := 0
	for i := range len(s) {
		if s[i] >= 0x80 {
			foreign++
		}
	}
	return foreign*6 < len(s)
}

// writeRelated writes the HTML part, with its picture when there is one.
func writeRelated(w *multipart.Writer, id, html string, png []byte) error {
	if len(png) == 0 {
		return writeText(w, "text/html", html)
	}
	inner := boundary("related", id)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {fmt.Sprintf("multipart/related; type=\"text/html\"; boundary=%q", inner)}})
	if err != nil {
		return err
	}
	related := multipart.NewWriter(part)
	if err := related.SetBoundary(inner); err != nil {
		return err
	}
	if err := writeText(related, "text/html", html); err != nil {
		return err
	}
	image, err := related.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {"image/png"},
		"Content-Transfer-Encoding": {"base64"},
		"Content-ID":                {"<" + pictureID + ">"},
		"Content-Disposition":       {`inline; filename="graph.png"`},
	})
	if err != nil {
		return err
	}
	if err := writeBase64(image, png); err != nil {
		return err
	}
	return related.Close()
}

// pictureID names the picture inside its mail.
const pictureID = "graph@monitord.invalid"

func writeQuoted(w io.Writer, b []byte) error {
	q := quotedprintable.NewWriter(w)
	if _, err := q.Write(b); err != nil {
		return err
	}
	return q.Close()
}

// writeBase64 writes lines of 76 characters (RFC 2045, 6.8).
func writeBase64(w io.Writer, b []byte) error {
	s := base64.StdEncoding.EncodeToString(b)
	for len(s) > 0 {
		n := min(76, len(s))
		if _, err := io.WriteString(w, s[:n]+"\r\n"); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}
