package gateway

import (
	"strings"
	"unicode/utf16"

	"monitord/alerting/notify"
)

// The room of one part: 140 bytes (3GPP TS 23.040, 9.2.3.24).
const (
	septetsOfPart = 160
	unitsOfPart   = 70
)

// gsmAlphabet is the default alphabet of 3GPP TS 23.038, 6.2.1, without the
// escape to the extension table.
const gsmAlphabet = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// gsmExtension is the table of 6.2.1.1: each of these takes two septets.
const gsmExtension = "\f^{}\\[~]|€"

// plainer replaces typographic signs by what the alphabet has, so that one
// dash does not halve the room. Longer things first.
var plainer = strings.NewReplacer("µs", "us", "µ", "u", "−", "-", "–", "-", "—", "-", "‑", "-", "…", "...", "“", `"`, "”", `"`, "„", `"`,
	"‘", "'", "’", "'", "‚", "'", "×", "x", "·", ".", "•", "*", "→", "->", "≥", ">=", "≤", "<=", "°", "", "∞", "inf", "\u00a0", " ", "`", "'", "\t", " ")

// septets counts a text in the default alphabet; ok is false when a letter of it
// is not there.
func septets(s string) (n int, ok bool) {
	for _, r := range s {
		switch {
		case strings.ContainsRune(gsmAlphabet, r):
			n++
		case strings.ContainsRune(gsmExtension, r):
			n += 2
		default:
			return 0, false
		}
	}
	return n, true
}

// fitFor is the room for a message made of such texts.
func fitFor(parts ...string) notify.Fit {
	if _, ok := septets(strings.Join(parts, "")); ok {
		return notify.Fit{Limit: septetsOfPart, Ellipsis: "...", Measure: func(s string) int { n, _ := septets(s); return n }}
	}
	return notify.Fit{Limit: unitsOfPart, Ellipsis: "…", Measure: units}
}

// units counts the code units of UTF-16: a letter beyond the basic plane takes
// two.
func units(s string) (n int) {
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}
