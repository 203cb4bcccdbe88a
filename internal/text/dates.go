package text

import (
	"regexp"
	"strings"
)

// japaneseDate is a date as FormatTime writes it.
var japaneseDate = regexp.MustCompile(`(?:[0-9]{4}年)?[0-9]{1,2}月[0-9]{1,2}日\([日月火水木金土]\)`)

// Dates are the places of Japanese dates in s, as offsets in bytes: a line is not
// to be broken inside them, though it may be between any two of their letters.
func Dates(s string) [][]int {
	if !strings.Contains(s, "月") {
		return nil
	}
	return japaneseDate.FindAllStringIndex(s, -1)
}

// wordJoiner is U+2060: nothing to be seen, and no place to break a line (Unicode
// Standard Annex 14, class WJ).
const wordJoiner = "\u2060"

// KeepDates puts word joiners into Japanese dates, so that a browser breaks no line
// inside them.
func KeepDates(s string) string {
	places := Dates(s)
	if places == nil {
		return s
	}
	var b strings.Builder
	from := 0
	for _, at := range places {
		b.WriteString(s[from:at[0]])
		b.WriteString(strings.Join(strings.Split(s[at[0]:at[1]], ""), wordJoiner))
		from = at[1]
	}
	b.WriteString(s[from:])
	return b.String()
}
