package logs

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dlclark/regexp2"
)

// FuzzDecide: whatever the expressions and the text, the engine decides as each
// expression alone does on each line.
func FuzzDecide(f *testing.F) {
	for i := 0; i+2 < len(perlPatterns); i += 3 {
		f.Add(perlPatterns[i], perlPatterns[i+1], perlPatterns[i+2], []byte(strings.Join(perlLines, "\n")))
	}
	f.Add("(?i)kiss", "[Ee]rror.*disk", `^\d`, []byte("KI\u017FS\nerror on disk\n1\r\n\xff\x00"))
	f.Fuzz(func(t *testing.T, a, b, c string, text []byte) {
		if len(a)+len(b)+len(c) > 200 || len(text) > 2000 {
			return
		}
		var rules []*Rule
		for _, source := range []string{a, b, c} {
			p, err := compilePattern(source, "")
			if err != nil {
				continue
			}
			if p.slow != nil {
				p.slow.MatchTimeout = regexp2.DefaultMatchTimeout // for ever: a decision must not hang on the clock here
				if strings.ContainsAny(source, "*+{") {
					continue // nor be without end
				}
			}
			rules = append(rules, plainRule(source+string(rune('a'+len(rules))), p))
		}
		set := mustCompile(t, rules, Options{})
		want := naive(set, text)
		if len(text) == 0 {
			want = ""
		}
		for _, s := range []*Set{set, set.Tuned(bytes.Repeat(text, 1+4000/(len(text)+1)))} {
			for _, size := range []int{1, 50, 5000} {
				if got := engine(t, s, text, size); got != want {
					t.Fatalf("blocks of %d: %q; want %q", size, got, want)
				}
			}
		}
	})
}

// FuzzPattern: what the weaker expression refuses, the right one does not match;
// and what matches holds one of the literals of each need.
func FuzzPattern(f *testing.F) {
	for _, p := range perlPatterns {
		f.Add(p, "", []byte("foo bar aab 12-12 xyz"))
	}
	f.Add("a b # c\n d", "x", []byte("abd"))
	f.Fuzz(func(t *testing.T, source, flags string, line []byte) {
		if len(source) > 100 || len(line) > 60 || bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		p, err := compilePattern(source, flags)
		if err != nil {
			return
		}
		if p.slow != nil {
			p.slow.MatchTimeout = 200 * time.Millisecond
			m, err := p.slow.FindStringMatch(string(line))
			if err != nil || m == nil {
				return
			}
			if p.fast != nil && !p.fast.Match(line) {
				t.Fatalf("%q matches %q, and the filter %q refuses it", source, line, p.fast)
			}
		}
		got, caps := p.match(line, nil)
		if got != matches {
			return
		}
		for _, at := range caps {
			if at < -1 || at > len(line) {
				t.Fatalf("group at %d of %d", at, len(line))
			}
		}
		if !holds(p.need, line) {
			t.Fatalf("%q matches %q, which does not hold %+v", source, line, p.need)
		}
	})
}

// holds reports whether a line has what a need asks for.
func holds(n *need, line []byte) bool {
	if n == nil {
		return true
	}
	for i := range n.lits {
		if n.lits[i].in(line) {
			return true
		}
	}
	ok := n.kind == needAll
	for _, s := range n.subs {
		if holds(s, line) != (n.kind == needAll) {
			ok = !ok
			break
		}
	}
	return ok
}

// FuzzSwatch: any file is rules or faults, each with its place.
func FuzzSwatch(f *testing.F) {
	f.Add([]byte(everySwatchWord), true)
	f.Add([]byte("watchfor /a/ || !(/b/ and $_ =~ m{c}x)\nexec \"x $1 '$0' ${2}\"\nthrottle 1:2:3\n"), false)
	f.Add([]byte("perlcode my $a = 'x' . \"y\\n$a\";\nwatchfor /$a/\nmail a:b,subject=$1\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, awk bool) {
		rules, _, err := ParseSwatch("rc", data, SwatchOptions{AwkFields: awk, Read: func(string) ([]byte, error) { return nil, io.ErrUnexpectedEOF }})
		if err != nil {
			if !strings.Contains(err.Error(), "rc:") {
				t.Fatalf("a fault without its place: %v", err)
			}
			return
		}
		playRules(t, rules)
	})
}

// FuzzYAML: the same for our own files.
func FuzzYAML(f *testing.F) {
	f.Add([]byte("- match: Critical\n  exec: [/bin/true, $0]\n"))
	f.Add([]byte(downUp))
	f.Add([]byte(backup))
	f.Add([]byte("rules:\n- match: [a, b]\n  distinct: $1\n  count: 3\n  within: 1m\n  by: x$$\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, err := ParseYAML("rules.yaml", data)
		if err != nil {
			return
		}
		playRules(t, rules)
	})
}

// playRules runs rules on a few lines, over a restart.
func playRules(t *testing.T, rules []*Rule) {
	set, err := Compile(rules, Options{})
	if err != nil {
		return
	}
	tracker := NewTracker(set, Deps{}, base)
	m := NewMatcher(tracker, Line{File: "log"}, func() time.Time { return base })
	text := []byte("Nov 25 10:00:00 host sshd[1]: Failed password for root\nx\n\nCritical \xff\x00 end\n")
	m.Scan(t.Context(), text, func(*Match) bool { return true })
	raw, err := tracker.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := NewTracker(set, Deps{}, base)
	if err := again.Restore(raw, base); err != nil {
		t.Fatal(err)
	}
	again.Tick(base.Add(time.Hour), func(*Match) {})
}

// FuzzRestore: a broken snapshot is an error, and a whole one cannot hurt.
func FuzzRestore(f *testing.F) {
	p := play(f, yamlRules(f, downUp+backup), Options{}, Deps{})
	raw, err := p.tracker.Snapshot()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		p := play(t, yamlRules(t, downUp+backup), Options{}, Deps{})
		if p.tracker.Restore(raw, base) != nil {
			return
		}
		p.say("link eth0 down", "backup finished")
		p.wait(48 * time.Hour)
		if _, err := p.tracker.Snapshot(); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzBlocks: blocks put together are the text, each of whole lines, whatever the
// reader hands out; only what is beyond the limit is missing.
func FuzzBlocks(f *testing.F) {
	f.Add([]byte("a\nb\n\nlonger than the limit of ten\nc"), uint8(10), true)
	f.Fuzz(func(t *testing.T, text []byte, limit uint8, oneByte bool) {
		if limit == 0 {
			limit = 1
		}
		var r io.Reader = bytes.NewReader(text)
		if oneByte {
			r = iotest.OneByteReader(r)
		}
		b := NewBlocks(r, int(limit))
		var got bytes.Buffer
		cut := 0
		for {
			block, err := b.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got.Write(block.Text)
			if block.Cut {
				cut++
				got.WriteByte('\n')
			}
		}
		var want bytes.Buffer
		dropped, cuts := 0, 0
		for line := range bytes.Lines(text) {
			body := bytes.TrimSuffix(line, []byte("\n"))
			if over := len(body) - int(limit); over > 0 {
				dropped += over
				cuts++
				want.Write(body[:limit])
				want.WriteByte('\n')
				continue
			}
			want.Write(line)
		}
		if !bytes.Equal(got.Bytes(), want.Bytes()) || b.Dropped() != int64(dropped) || cut != cuts {
			t.Fatalf("got %q, %d dropped, %d cut; want %q, %d, %d", got.Bytes(), b.Dropped(), cut, want.Bytes(), dropped, cuts)
		}
	})
}

// FuzzHeader: any bytes.
func FuzzHeader(f *testing.F) {
	for _, s := range []string{"Nov  3 04:05:06 web1 sshd[1]: x", "<34>1 2026-11-03T04:05:06.123+09:00 h p: x", "2026-11-03 04:05:06,123 x", "Feb 29 00:00:00 h p: x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		h := readHeader(line, base)
		if h.at.IsZero() && (h.host != "" || h.program != "") {
			t.Fatalf("%q: %+v", line, h)
		}
	})
}
