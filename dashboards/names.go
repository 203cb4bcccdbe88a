package dashboards

import (
	"net/url"
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

func hostURL(host string) string { return "/hosts/" + url.PathEscape(host) }

func incidentURL(id int64) string { return "/incidents/" + strconv.FormatInt(id, 10) }
