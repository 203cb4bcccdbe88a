package mail

import (
	"bytes"
	"net/mail"
	"strings"

	"monitord/alerting/notify"
)

// FormShort is the form for phones: plain text only, a subject of at most 40
// columns that says host, what, how it is and how long, and a body of two or
// three lines.
const FormShort = "short"

// composeShort writes the short form, whole.
func (c *Channel) composeShort(n notify.Notification, to mail.Address) ([]byte, error) {
	w := notify.Wording(c.deps, n)
	var b bytes.Buffer
	c.writeHeaders(&b, n, to, notify.Short(c.deps.Words, n, c.deps.Now(), notify.PhoneFit()), w.Reply.To)
	text := renderShort(w)
	h, write := textHeader("text/plain", text)
	for _, name := range []string{"Content-Type", "Content-Transfer-Encoding"} {
		writeHeader(&b, name, h.Get(name))
	}
	b.WriteString("\r\n")
	err := write(&b, []byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return b.Bytes(), err
}

// summaryColumns is how much of a summary the short form shows: about four
// lines of a phone.
const summaryColumns = 160

// renderShort writes what is told, what the check said, and one way to take the
// problem: the link, or a reply where there is none.
func renderShort(w notify.Words) string {
	lines := []string{w.Warning, w.Headline, notify.Truncate(w.Summary, summaryColumns)}
	switch {
	case w.Take.To != "":
		lines = append(lines, w.Take.Text+": "+w.Take.To)
	case w.Reply.To != "":
		lines = append(lines, w.Reply.Text)
	}
	var b strings.Builder
	for _, line := range lines {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}
