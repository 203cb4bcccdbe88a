package hostfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain are the words that need no quotes: they cannot be taken for a number, a
// date or a structure. reserved are those that can be taken for something else.
var (
	plain    = regexp.MustCompile(`^([A-Za-z_/][A-Za-z0-9_./-]*|[0-9]{1,3}(\.[0-9]{1,3}){3}|\.[0-9]+(\.[0-9]+){2,})$`)
	reserved = []string{"y", "n", "yes", "no", "on", "off", "true", "false", "null"}
)

// Quote is a string as a scalar of YAML: plain where that is safe, else in double
// quotes. What is no UTF-8 becomes U+FFFD.
func Quote(s string) string {
	if plain.MatchString(s) && !slices.Contains(reserved, strings.ToLower(s)) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x80 && unicode.IsPrint(r), r >= 0xa0 && unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Comment is text as one line of a comment, without the #: no control characters,
// no marks that turn the direction of text, at most limit runes.
func Comment(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > commentLimit {
		s = string([]rune(s)[:commentLimit]) + "…"
	}
	return s
}

// commentLimit bounds a comment, in characters.
const commentLimit = 160

// list is a sequence: in one line where it is short, else one entry a line.
func list(indent string, items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = Quote(s)
	}
	if one := "[" + strings.Join(quoted, ", ") + "]"; len(one) <= listWidth {
		return " " + one
	}
	return "\n" + indent + "- " + strings.Join(quoted, "\n"+indent+"- ")
}

// listWidth is how wide a sequence in one line may be.
const listWidth = 100
