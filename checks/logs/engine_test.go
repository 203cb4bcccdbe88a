package logs

import (
	"bytes"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/dlclark/regexp2"
)

func TestMain(m *testing.M) {
	code := m.Run()
	regexp2.StopTimeoutClock() // of the backtracking engine; it ends by itself a moment later
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// naive decides line by line, with every expression on every line: the oracle.
func naive(set *Set, block []byte) string {
	var out strings.Builder
	for i, line := range bytes.Split(bytes.TrimSuffix(block, []byte("\n")), []byte("\n")) {
		line = bytes.TrimSuffix(line, []byte("\r"))
		for _, r := range set.rules {
			if r.match.eval(&evaluation{line: line}) == matches {
				fmt.Fprintf(&out, "%d %s\n", i+1, r.Name)
				if r.stop {
					break
				}
			}
		}
	}
	return out.String()
}

// engine decides as the product does, with blocks of the given size.
func engine(t testing.TB, set *Set, text []byte, size int) string {
	var out strings.Builder
	m := NewMatcher(NewTracker(set, Deps{}, base), Line{}, func() time.Time { return base })
	m.Use(set)
	for len(text) > 0 {
		end := len(text)
		if size < end {
			if i := bytes.IndexByte(text[size:], '\n'); i >= 0 {
				end = size + i + 1
			}
		}
		m.Scan(t.Context(), text[:end], func(m *Match) bool {
			fmt.Fprintf(&out, "%d %s\n", m.Line.Number, m.Rule)
			return true
		})
		text = text[end:]
	}
	return out.String()
}

// perLine decides by the line API.
func perLine(t testing.TB, set *Set, text []byte) string {
	var out strings.Builder
	m := NewMatcher(NewTracker(set, Deps{}, base), Line{}, func() time.Time { return base })
	m.Use(set)
	for _, line := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		m.Line(t.Context(), Line{Text: bytes.TrimSuffix(line, []byte("\r")), Received: base}, func(m *Match) bool {
			fmt.Fprintf(&out, "%d %s\n", m.Line.Number, m.Rule)
			return true
		})
	}
	return out.String()
}

var patternPieces = []string{"error", "fail(ed|ure)", "a", "ab", "b+", "(a|b)c", "[Ff]oo", "x?", "(?i:disk)", "(?i:kiss)", `\d+`, ".*", "^", "$", `\b`, "日本", "é", "(?i:É)", " ", "sshd", "\\[", "(lost|dropped) link", "(?:)", "z{2,3}", `[^ ]+`, "status=(a|b|cc)", "\ufffd"}

var linePieces = []string{"error", "ERROR", "failed", "failure", "a", "ab", "abb", "c", "foo", "Foo", "DISK", "disk", "kiss", "KISS", "\u212Ai\u017Fs", "12", " ", "日本", "é", "É", "sshd", "[", "lost link", "dropped link", "zz", "zzz", "status=", "cc", "\r", "\xff", "x", "\x00"}

func randomPattern(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.Intn(5) {
		b.WriteString(patternPieces[r.Intn(len(patternPieces))])
	}
	return b.String()
}

func randomText(r *rand.Rand, lines int) []byte {
	var b bytes.Buffer
	for range lines {
		for range r.Intn(9) {
			b.WriteString(linePieces[r.Intn(len(linePieces))])
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// The filter may never lose a match: whatever the rules, the sample, the size of
// blocks and the way in.
func TestTheEngineDecidesAsEachExpressionAlone(t *testing.T) {
	rounds := int64(propertyRounds)
	if testing.Short() {
		rounds /= 4
	}
	for seed := range rounds {
		r := rand.New(rand.NewSource(seed))
		var rules []*Rule
		for i := range 1 + r.Intn(12) {
			source := randomPattern(r)
			p, err := compilePattern(source, "")
			if err != nil {
				continue
			}
			rule := plainRule(fmt.Sprintf("%d %s", i, source), p)
			rule.stop = r.Intn(3) == 0
			rules = append(rules, rule)
		}
		set := mustCompile(t, rules, Options{})
		text := randomText(r, 1+r.Intn(200))
		want := naive(set, text)
		for _, s := range []*Set{set, set.Tuned(text), set.Tuned(randomText(r, 3000))} {
			for _, size := range []int{1, 100, 5000, 1 << 20} {
				if got := engine(t, s, text, size); got != want {
					t.Fatalf("seed %d, blocks of %d:\n%s\nwant\n%s", seed, size, got, want)
				}
			}
			if got := perLine(t, s, text); got != want {
				t.Fatalf("seed %d, by line:\n%s\nwant\n%s", seed, got, want)
			}
		}
	}
}

// Each window that the plan may choose finds the same.
func TestEachWindowAndGramFindsEveryLiteral(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	for range 25 {
		var lits []literal
		shortest := maxWindow
		for range 1 + r.Intn(40) {
			l := literal{text: string(randomText(r, 1)), fold: r.Intn(3) == 0}
			if l.fold {
				l.text = string(lowerASCII([]byte(l.text)))
			}
			if len(l.text) < 2 {
				continue
			}
			l.text = l.text[:min(len(l.text), maxLiteralLen)]
			shortest = min(shortest, len(l.text))
			lits = append(lits, l)
		}
		text := randomText(r, 1+r.Intn(800))
		for window := 2; window <= shortest; window++ {
			for gram := 2; gram <= min(window, maxGram); gram++ {
				s := newScanner(lits, window, gram, text[:len(text)/2])
				got := map[found]bool{}
				for _, f := range s.scan(text, nil) {
					got[f] = true
				}
				for i := range s.lits {
					for at := range text {
						if s.lits[i].at(text, at) != got[found{pos: int32(at), lit: int32(i)}] {
							t.Fatalf("window %d, gram %d: %q at %d: found %v", window, gram, s.lits[i].text, at, !s.lits[i].at(text, at))
						}
					}
				}
			}
		}
	}
}

// TestAnybodysLinesAreNotCountedAsProof: a threshold that was filled by them is
// not proven by the line that crosses it.
func TestAnybodysLinesAreNotCountedAsProof(t *testing.T) {
	t.Parallel()
	rules, err := ParseYAML("r.yaml", []byte("rules: [{match: bad, name: many, threshold: {type: threshold, count: 2, within: 1h}}, {match: bad, name: one}]"))
	if err != nil {
		t.Fatal(err)
	}
	set, err := Compile(rules, Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	m := NewMatcher(NewTracker(set, Deps{}, now), Line{}, nil)
	got := map[string]bool{}
	for i, forged := range []bool{true, false} {
		m.Line(t.Context(), Line{Text: []byte("bad"), Received: now.Add(time.Duration(i) * time.Second), Unauthenticated: forged}, func(m *Match) bool {
			got[m.Rule] = m.Line.Unauthenticated
			return true
		})
	}
	if !got["many"] || got["one"] {
		t.Errorf("unproven: %v", got)
	}
}
