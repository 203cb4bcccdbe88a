package chat

import (
	"fmt"
	"strings"
)

// escapeMarkdown writes a text so that Markdown shows it as it is: a backslash
// before each sign that every Markdown reads (and before those in more, which a
// dialect reads besides), and nothing after an @ that makes it a name: the
// invisible space does no harm to a reader and ends every mention.
func escapeMarkdown(s, more string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '@':
			b.WriteString("@" + noMention)
		case strings.ContainsRune("\\`*_{}[]()#+-.!|~>", r), strings.ContainsRune(more, r):
			b.WriteString("\\" + string(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// noMention is ZERO WIDTH SPACE.
const noMention = "\u200b"

// fenced puts lines into a block of code, which nothing in them can end.
func fenced(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "```", "'''"), "@", "@"+noMention)
	return "```\n" + s + "\n```"
}

// link writes a link whose address cannot end it, or call somebody.
func link(text, to string) string {
	var b strings.Builder
	for _, c := range []byte(to) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("()<>[]{}\"'`\\|^@*_~", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return "[" + escapeMarkdown(text, "") + "](" + b.String() + ")"
}

// links are the ways of a card in one line.
func links(c card) string {
	var list []string
	for _, w := range c.ways() {
		list = append(list, link(w.Text, w.To))
	}
	return strings.Join(list, " · ")
}

// paragraphs are headline, summary, evidence and links in a dialect of Markdown.
func paragraphs(c card, more string) string {
	var list []string
	for _, s := range c.Lead {
		list = append(list, "**"+escapeMarkdown(s, more)+"**")
	}
	list = append(list, "**"+escapeMarkdown(c.Headline, more)+"**")
	if c.Summary != "" {
		list = append(list, escapeMarkdown(c.Summary, more))
	}
	if c.Evidence != "" {
		list = append(list, escapeMarkdown(c.Said, more)+"\n"+fenced(c.Evidence))
	}
	if s := links(c); s != "" {
		list = append(list, s)
	}
	return strings.Join(list, "\n\n")
}
