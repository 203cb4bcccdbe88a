package notify

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"monitord/checks"
)

// OneLine makes any text one line of valid UTF-8 without control characters and
// without those that turn the text around them: a check's output or a host's
// name adds no line to what a channel sends, and no header.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToValidUTF8(s, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || steers(r)
	}), " ")
}

// steers reports whether a rune changes the direction or joins of the text
// around it: a check's output must not turn our words round.
func steers(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029 || r == 0xfeff
}

// Columns is how wide a rune is where letters have one width: 2 for what is
// wide in East Asian text (Unicode Standard Annex 11), else 1.
func Columns(r rune) int {
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Width is how many columns a line takes.
func Width(s string) int {
	used := 0
	for _, r := range s {
		used += Columns(r)
	}
	return used
}

// Truncate cuts a line to so many columns; an ellipsis says that it was cut.
func Truncate(s string, limit int) string {
	used := 0
	for i, r := range s {
		if used += Columns(r); used > limit-1 && i+len(string(r)) < len(s) {
			return s[:i] + "…"
		}
	}
	return s
}

// quoteColumns is the width of quoted lines: that of a plain-text mail.
const quoteColumns = 76

// QuoteLines is how many lines of the peer's words channels show.
const QuoteLines = 10

// Quote is the start of what a peer said, as safe lines: at most so many, and
// an ellipsis when there were more.
func Quote(b []byte, most int) string {
	var lines []string
	for line := range strings.Lines(strings.ToValidUTF8(string(b), "\uFFFD")) {
		if len(lines) == most {
			lines = append(lines, "…")
			break
		}
		lines = append(lines, Truncate(OneLine(line), quoteColumns))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

const (
	// logLines is how many lines channels show of a log: the one that matched,
	// and ten that stood before it.
	logLines = 11
	// logColumns is how much of the line that matched they show.
	logColumns = 3 * quoteColumns
)

// quoteLog is the line of a log that raised a service, with what stood before
// it, as safe lines; marked is its number, from 1, and 0 for other services.
func quoteLog(s checks.Service, evidence []byte) (quote string, marked int) {
	before, line, ok := checks.LogEvidence(s, evidence)
	if !ok {
		return "", 0
	}
	var lines []string
	for _, b := range before[max(0, len(before)-logLines+1):] {
		lines = append(lines, Truncate(OneLine(string(b)), quoteColumns))
	}
	lines = append(lines, Truncate(OneLine(string(line)), logColumns))
	return strings.Join(lines, "\n"), len(lines)
}
