package plugin

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
)

// decode makes UTF-8 of what a plugin printed. What is none is read as the
// Japanese encoding that explains all of its bytes, EUC-JP before Shift_JIS:
// EUC-JP text is seldom valid Shift_JIS with sensible words, while the reverse
// has half-width katakana throughout. What no encoding explains keeps its
// readable part, with U+FFFD for each byte that is not.
func decode(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	for _, e := range []encoding.Encoding{japanese.EUCJP, japanese.ShiftJIS} {
		if s, ok := decodeAs(e, b); ok {
			return s
		}
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

func decodeAs(e encoding.Encoding, b []byte) (string, bool) {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		return "", false
	}
	s := string(out)
	sane := !strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || unicode.IsControl(r) && r > 0x7e
	})
	return s, sane
}

// maxText bounds the sentence of a result, in bytes.
const maxText = 1000

// sentence makes one line without control characters.
func sentence(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\r' || r == '\n':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	return cut(strings.TrimSpace(s), maxText)
}

// cut shortens to whole characters.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
