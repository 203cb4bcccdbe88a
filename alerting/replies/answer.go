package replies

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"golang.org/x/text/unicode/norm"

	"monitord/internal/config"
)

//go:embed words.yaml
var wordsSource []byte

// words are the embedded vocabulary, in the form of fold but for Quoted.
type words struct {
	Give    []string `yaml:"give"`
	Decline []string `yaml:"decline"`
	Take    []string `yaml:"take"`
	Quoted  []string `yaml:"quoted"` // in small letters, not folded
}

func readWords() (*words, error) {
	w := &words{}
	if err := yaml.UnmarshalWithOptions(wordsSource, w, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("words of replies: %w", err)
	}
	for _, list := range [][]string{w.Give, w.Decline, w.Take} {
		for i := range list {
			list[i] = fold(list[i])
		}
	}
	return w, nil
}

// action is what a reply asks for.
type action int

const (
	take action = iota
	give
	decline
	unclear // it says both
)

// answer is what the first line of a reply says.
type answer struct {
	do   action
	says string        // the line, as it came, without control characters
	span time.Duration // after "ack": how long; 0 is until the recovery
}

// maxReason bounds what is kept of a line, in characters.
const maxReason = 200

// understand reads the first line of a reply; an empty one takes the incident.
func (w *words) understand(line string) answer {
	a := answer{says: clean(line, maxReason)}
	folded := fold(line)
	named, rest := w.begins(w.Take, folded)
	given, _ := w.begins(w.Give, folded)
	no := slices.ContainsFunc(w.Decline, func(word string) bool { return contains(folded, word) })
	switch {
	case given && (!no || !isJapanese(folded)):
		a.do = give
	case no && named && !isJapanese(folded):
		a.do = unclear
	case no:
		a.do = decline
	case named:
		first, _, _ := strings.Cut(rest, " ")
		if d, err := config.ParseDuration(first); err == nil && d > 0 && d <= 31*24*time.Hour {
			a.span = d
		}
	}
	return a
}

// begins reports whether a line begins with one of the words, and what follows.
func (w *words) begins(list []string, line string) (bool, string) {
	for _, word := range list {
		if rest, ok := strings.CutPrefix(line, word); ok && (isJapanese(word) || rest == "" || rest[0] == ' ') {
			return true, strings.TrimPrefix(rest, " ")
		}
	}
	return false, ""
}

// contains reports whether a word stands in a line: a Japanese one anywhere, for
// there are no blanks between words.
func contains(line, word string) bool {
	if isJapanese(word) {
		return strings.Contains(line, word)
	}
	return strings.Contains(" "+line+" ", " "+word+" ")
}

func isJapanese(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
	})
}

// fold makes words comparable: one width, small letters, one kind of apostrophe,
// and a blank for everything that is neither letter, digit nor inside a word.
func fold(s string) string {
	s = strings.NewReplacer("’", "'", "＇", "'").Replace(norm.NFKC.String(strings.ToLower(clean(s, 2*maxReason))))
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '\'' || r == '-' {
			return r
		}
		return ' '
	}, strings.ToLower(s))
	return strings.Join(strings.Fields(s), " ")
}

// clean makes what a stranger wrote one line of at most n characters, without
// control characters and those that turn the writing direction.
func clean(s string, n int) string {
	if len(s) > 8*n { // never walk megabytes for a line
		s = s[:8*n]
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > n {
		runes = append(runes[:n-1], '…')
	}
	return string(runes)
}
