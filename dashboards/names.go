package dashboards

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"monitord/checks"
)

// cut shortens a name to at most n characters by taking out its middle, because
// the ends of names differ, and drops characters that nobody can see.
func cut(s string, n int) string {
	if len(s) > 8*n+64 { // never walk megabytes for a label
		s = s[:4*n] + s[len(s)-4*n:]
	}
	runes := []rune(strings.Map(visible, strings.ToValidUTF8(s, "�")))
	if len(runes) <= n {
		return string(runes)
	}
	head := (n - 1 + 1) / 2
	return string(runes[:head]) + "…" + string(runes[len(runes)-(n-1-head):])
}

// visible drops control characters and those that turn the writing direction:
// a name may be written from right to left, but must not turn its neighbours.
func visible(r rune) rune {
	if r == '\n' || r == '\t' {
		return ' '
	}
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
		return -1
	}
	return r
}

// serviceLabel is a service's name within its host: check, or check [item].
func serviceLabel(s checks.Service) string {
	if s.Item == "" {
		return s.Check
	}
	return s.Check + " " + s.Item
}

// unitsAfterNumbers are the words that must not begin a line without their number.
var unitsAfterNumbers = []string{"s", "ms", "µs", "min", "h", "d", "%", "B", "KiB", "MiB", "GiB", "TiB", "B/s", "days"}

// unbreak puts no-break spaces between numbers and their units.
func unbreak(s string) string {
	words := strings.Split(s, " ")
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			unit := strings.TrimRight(w, ".,;:)）。、")
			if last := words[i-1]; last != "" && last[len(last)-1] >= '0' && last[len(last)-1] <= '9' && slices.Contains(unitsAfterNumbers, unit) {
				b.WriteRune(noBreak)
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(w)
	}
	return b.String()
}

const noBreak = '\u00A0'

// unbroken keeps numbers and units together, for screens read from afar.
func (p *problem) unbroken() {
	for _, s := range []*string{&p.Age, &p.Last, &p.Took, &p.Until} {
		*s = strings.ReplaceAll(*s, " ", string(noBreak))
	}
}

func hostURL(host string) string { return "/hosts/" + url.PathEscape(host) }

func incidentURL(id int64) string { return "/incidents/" + strconv.FormatInt(id, 10) }
