package mail

import (
	_ "embed"
	"html/template"
	"slices"
	"strings"
	"sync"

	"monitord/alerting/notify"
	"monitord/internal/text"
)

//go:embed mail.html.tmpl
var htmlSource string

// htmlTemplate is parsed once; it never changes.
var htmlTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("mail").Parse(htmlSource)
})

func renderHTML(p page) (string, error) {
	t, err := htmlTemplate()
	if err != nil {
		return "", err
	}
	if p.Lang == text.Japanese {
		p.Headline, p.Summary, p.Facts = text.KeepDates(p.Headline), text.KeepDates(p.Summary), slices.Clone(p.Facts)
		for i := range p.Facts {
			p.Facts[i].Value = text.KeepDates(p.Facts[i].Value)
		}
	}
	var b strings.Builder
	if err := t.Execute(&b, p); err != nil {
		return "", err
	}
	return b.String(), nil
}

// textColumns is the width of the plain-text part (RFC 5322, 2.1.1).
const textColumns = 76

// renderText writes the plain-text part, complete on its own.
func renderText(p page) string {
	var b strings.Builder
	paragraph := func(s string) {
		if s != "" {
			b.WriteString(wrap(s, textColumns) + "\n")
		}
	}
	if p.Warning != "" {
		paragraph(p.Warning)
		b.WriteString("\n")
	}
	paragraph(p.Headline)
	paragraph(p.Summary)
	b.WriteString("\n")
	for _, f := range p.Facts {
		paragraph(f.Name + ": " + f.Value)
	}
	if p.Evidence != "" {
		b.WriteString("\n" + p.Said + "\n")
		for i, line := range p.Quoted() {
			if !p.Is(i) {
				b.WriteString("  " + line + "\n")
				continue
			}
			for _, piece := range pieces(line, textColumns-2) {
				b.WriteString("> " + piece + "\n")
			}
		}
	}
	for _, way := range []notify.Way{p.Take, p.Page} {
		if way.To != "" {
			b.WriteString("\n" + way.Text + "\n" + way.To + "\n")
		}
	}
	if p.Reply.To != "" {
		b.WriteString("\n")
		paragraph(p.Reply.Text)
	}
	b.WriteString("\n-- \n" + wrap(p.Footer, textColumns) + "\n")
	return b.String()
}

// pieces cuts a line wherever a column is reached: what a program wrote has no
// blanks that are better than others.
func pieces(s string, limit int) []string {
	var out []string
	from, used := 0, 0
	for i, r := range s {
		if n := notify.Columns(r); used+n > limit {
			out = append(out, s[from:i])
			from, used = i, n
		} else {
			used += n
		}
	}
	return append(out, s[from:])
}

// wrap breaks a line at blanks, and between wide characters, before a column; not
// inside a date.
func wrap(s string, limit int) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(s, " ") {
		w := 0
		for _, r := range word {
			w += notify.Columns(r)
		}
		if i > 0 {
			if used+1+w > limit && !wide(word) {
				b.WriteByte('\n')
				used = 0
			} else {
				b.WriteByte(' ')
				used++
			}
		}
		for _, piece := range atoms(word) {
			n := notify.Width(piece)
			if used+n > limit && n >= 2 && !strings.Contains("、。）」』】", piece) {
				b.WriteByte('\n')
				used = 0
			}
			b.WriteString(piece)
			used += n
		}
	}
	return b.String()
}

// atoms cuts a word into letters and dates.
func atoms(word string) []string {
	var out []string
	from := 0
	for _, date := range text.Dates(word) {
		out = append(append(out, strings.Split(word[from:date[0]], "")...), word[date[0]:date[1]])
		from = date[1]
	}
	return append(out, strings.Split(word[from:], "")...)
}

// wide reports whether a word may be broken inside: it has a wide character.
func wide(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return notify.Columns(r) == 2 })
}
