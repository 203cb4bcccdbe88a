package discover

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line is an agent's text in one line: valid UTF-8, without what a terminal
// obeys, spaces folded.
func Line(s string) string {
	s = strings.TrimRight(s, "\x00")
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "�")
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}
