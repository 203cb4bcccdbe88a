package replies

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strings"

	"github.com/emersion/go-message"
	"golang.org/x/net/html"
	"golang.org/x/text/encoding/htmlindex"
)

// readBytes is how much of a mail is looked at: header, and the beginning of the
// body, where the answer stands. The rest is taken in and forgotten.
const readBytes = 64 << 10

// maxDepth bounds how deep parts lie inside parts.
const maxDepth = 6

// letter is what is used of one mail.
type letter struct {
	header message.Header
	from   string // the one address of From; "" when there is none, or several
	text   string // the text of the body, UTF-8
}

// readLetter reads the beginning of a mail; what is cut off in the middle of a
// part counts up to there.
func readLetter(raw []byte) (letter, error) {
	e, err := message.ReadWithOptions(bytes.NewReader(raw), &message.ReadOptions{MaxHeaderBytes: readBytes})
	if err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
		return letter{}, fmt.Errorf("the mail cannot be read: %w", err)
	}
	l := letter{header: e.Header, from: oneFrom(e.Header)}
	l.text, _ = textOf(e, 0)
	return l, nil
}

// addresses reads addresses whose names may be in any character set: names are
// not used.
var addresses = mail.AddressParser{WordDecoder: &mime.WordDecoder{CharsetReader: func(_ string, in io.Reader) (io.Reader, error) { return in, nil }}}

// oneFrom is the address of the only mailbox in the only From.
func oneFrom(h message.Header) string {
	fields := h.FieldsByKey("From")
	if fields.Len() != 1 || !fields.Next() {
		return ""
	}
	list, err := addresses.ParseList(fields.Value())
	if err != nil || len(list) != 1 {
		return ""
	}
	return list[0].Address
}

// textOf finds the text of an entity: plain text before HTML, and what comes
// first. plain says which it is.
func textOf(e *message.Entity, depth int) (text string, plain bool) {
	kind, params, err := e.Header.ContentType()
	if err != nil { // RFC 2045 section 5.2: what cannot be read is plain text
		kind, params = "text/plain", nil
	}
	if disposition, _, err := e.Header.ContentDisposition(); err == nil && strings.EqualFold(disposition, "attachment") {
		return "", false
	}
	switch {
	case strings.HasPrefix(kind, "multipart/") && depth < maxDepth:
		return textOfParts(e.MultipartReader(), depth)
	case kind == "text/plain" || kind == "":
		return decoded(e.Body, params["charset"]), true
	case kind == "text/html":
		return textOfHTML(decoded(e.Body, params["charset"])), false
	}
	return "", false
}

func textOfParts(parts message.MultipartReader, depth int) (text string, plain bool) {
	if parts == nil {
		return "", false
	}
	for {
		part, err := parts.NextPart()
		if part == nil || err != nil && !message.IsUnknownCharset(err) && !message.IsUnknownEncoding(err) {
			return text, false // the end, or where the mail was cut
		}
		found, isPlain := textOf(part, depth+1)
		if isPlain && strings.TrimSpace(found) != "" {
			return found, true
		}
		if strings.TrimSpace(text) == "" {
			text = found
		}
	}
}

// decoded reads a text in its character set. Where that is not known, or the
// text is broken, what can be read is.
func decoded(body io.Reader, charset string) string {
	raw, err := io.ReadAll(io.LimitReader(body, readBytes))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && len(raw) == 0 {
		return ""
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "us-ascii":
		return strings.ToValidUTF8(string(raw), "")
	}
	set, err := htmlindex.Get(charset)
	if err != nil {
		return strings.ToValidUTF8(string(raw), "")
	}
	text, err := set.NewDecoder().Bytes(raw)
	if err != nil {
		text = raw
	}
	return strings.ToValidUTF8(string(text), "")
}

// textOfHTML is what a person reads: a line for each block, quotations left out.
func textOfHTML(source string) string {
	var b strings.Builder
	quoted, hidden := 0, 0
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return b.String()
		}
		token := z.Token()
		step := map[html.TokenType]int{html.StartTagToken: 1, html.EndTagToken: -1}[kind]
		switch token.Data {
		case "blockquote":
			quoted = max(quoted+step, 0)
		case "style", "script", "head", "title":
			hidden = max(hidden+step, 0)
		case "br", "p", "div", "tr", "li", "h1", "h2", "h3":
			if kind != html.TextToken {
				b.WriteByte('\n')
			}
		}
		if kind == html.TextToken && quoted == 0 && hidden == 0 {
			b.WriteString(strings.Join(strings.FieldsFunc(token.Data, func(r rune) bool { return r == '\n' || r == '\r' }), " "))
		}
	}
}

// firstLine is the first line that a person wrote: not a quotation, not the line
// that announces one, and not below a signature or what was forwarded.
func (w *words) firstLine(text string) string {
	var lines []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if strings.Trim(line, blanks) != "" {
			lines = append(lines, line)
		}
	}
	for i, line := range lines {
		bare := strings.Trim(line, blanks)
		switch {
		case line == "-- ", w.ends(bare):
			return ""
		case isQuote(bare), announces(lines, i):
		default:
			return bare
		}
	}
	return ""
}

// blanks are what surrounds the words of a line; the wide one is Japanese, the
// hard one comes from HTML.
const blanks = " \t\u3000\u00a0"

// ends reports whether a line begins what somebody else wrote.
func (w *words) ends(line string) bool {
	line = strings.ToLower(line)
	return slices.ContainsFunc(w.Quoted, func(start string) bool { return strings.HasPrefix(line, start) })
}

func isQuote(line string) bool { return strings.HasPrefix(line, ">") || strings.HasPrefix(line, "＞") }

// announces reports whether a line only says who wrote what is quoted below it,
// in one line or two: "On … noc wrote:".
func announces(lines []string, i int) bool {
	for n := range lines[i:min(i+2, len(lines))] {
		n += i
		bare := strings.TrimSpace(lines[n])
		if strings.HasSuffix(bare, ":") || strings.HasSuffix(bare, "：") {
			return n+1 < len(lines) && isQuote(strings.TrimSpace(lines[n+1])) || strings.HasSuffix(bare, "wrote:")
		}
	}
	return false
}
