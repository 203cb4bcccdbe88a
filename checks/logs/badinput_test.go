package logs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// endless is a line that does not end, up to a size.
type endless struct{ left int64 }

func (e *endless) Read(b []byte) (int, error) {
	if e.left <= 0 {
		return 0, io.EOF
	}
	n := min(int64(len(b)), e.left)
	for i := range b[:n] {
		b[i] = 'x'
	}
	e.left -= n
	return int(n), nil
}

func TestALineOfAGigabyteNeedsNoMemory(t *testing.T) {
	size := int64(endlessLine)
	if testing.Short() {
		size = min(size, 64<<20)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	set := mustCompile(t, yamlRules(t, "- match: ^head\n- match: tail$\n- match: after\n"), Options{})
	m := NewMatcher(NewTracker(set, Deps{}, base), Line{}, time.Now)
	b := NewBlocks(io.MultiReader(strings.NewReader("head"), &endless{size}, strings.NewReader("tail\nafter\n")), 0)
	var told []string
	keep := func(m *Match) bool {
		told = append(told, fmt.Sprint(m.Rule, " ", m.Line.Number, " ", m.Line.Cut, " ", len(m.Line.Text)))
		return true
	}
	for {
		block, err := b.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if block.Cut {
			m.Line(t.Context(), Line{Text: block.Text, Cut: true, Received: base}, keep)
		} else {
			m.Scan(t.Context(), block.Text, keep)
		}
	}
	if got := strings.Join(told, "; "); got != "^head 1 true 65536; after 2 false 5" {
		t.Errorf("told %s", got)
	}
	if want := size + 8 - DefaultMaxLine; b.Dropped() != want {
		t.Errorf("dropped %d; want %d", b.Dropped(), want)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("%d MB were allocated", used>>20)
	}
}

// cpuSpent begins to count the processor time of this process: the clock on the
// wall says more of what else runs.
func cpuSpent(t *testing.T) func() time.Duration {
	used := func() time.Duration {
		var ru syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
			t.Fatal(err)
		}
		return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	before := used()
	return func() time.Duration { return used() - before }
}

func TestTenThousandRulesAreStillQuick(t *testing.T) {
	var file strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&file, "watchfor /unit-%d: (failed|stopped) with code (\\d+)/\n\techo\n", i)
	}
	spent := cpuSpent(t)
	set := mustCompile(t, swatchRules(t, file.String()), Options{})
	var text bytes.Buffer
	if _, err := testlogs.Write(&text, 4<<20, 3); err != nil {
		t.Fatal(err)
	}
	text.WriteString("unit-7: failed with code 3\nunit-7777: stopped with code 12\nunit-77777: failed with code\n")
	set = set.Tuned(text.Bytes())
	if took := spent(); took > dearer*20*time.Second {
		t.Errorf("compiling took %s of a processor", took)
	}
	spent = cpuSpent(t)
	if got := engine(t, set, text.Bytes(), blockSize); strings.Count(got, "\n") != 2 || !strings.Contains(got, "unit-7777:") {
		t.Errorf("found %q", got)
	}
	if took := spent(); took > dearer*5*time.Second { // one second for each rule alone would be three hours
		t.Errorf("4 MB took %s of a processor", took)
	}
	if _, err := Compile(make([]*Rule, MaxRules+1), Options{}); err == nil {
		t.Error("too many rules were taken")
	}
}

func TestExpressionsThatMatchNothingMuchMatchEveryLine(t *testing.T) {
	for _, source := range []string{".*", "x*", "^", "$", "()", "(?:a|)", `\b|\B`, "(?!y)"} {
		set := mustCompile(t, []*Rule{plainRule("r", mustPattern(t, source, ""))}, Options{})
		if got := engine(t, set, []byte("a\n\nb c\n"), 1<<20); got != "1 r\n2 r\n3 r\n" {
			t.Errorf("%s: %q", source, got)
		}
		if got := engine(t, set, nil, 1); got != "" {
			t.Errorf("%s on nothing: %q", source, got)
		}
	}
}

// A clock that is set back by an hour, or forth by a day, must not silence a rule
// for longer than its own time.
func TestAClockThatStepsDoesNotSilenceARule(t *testing.T) {
	yaml := func(text string) func(*testing.T) []*Rule {
		return func(t *testing.T) []*Rule { return yamlRules(t, text) }
	}
	swatch := func(how string) func(*testing.T) []*Rule {
		return func(t *testing.T) []*Rule { return swatchRules(t, "watchfor /fail/\n\t"+how+"\n\techo\n") }
	}
	for name, rules := range map[string]func(*testing.T) []*Rule{
		"limit":            yaml("- {match: fail, threshold: {type: limit, count: 1, within: 60s}}"),
		"threshold":        yaml("- {match: fail, threshold: {count: 2, within: 60s}}"),
		"both":             yaml("- {match: fail, threshold: {type: both, count: 2, within: 60s}}"),
		"throttle":         yaml("- {match: fail, throttle: 60s}"),
		"distinct":         yaml("- {match: 'fail (.)', distinct: $1, count: 2, within: 60s}"),
		"sequence":         yaml("- {match: fail a, then: [fail b], within: 60s}"),
		"pair":             yaml("- {match: fail, without: never, within: 60s}"),
		"swatch limit":     swatch("threshold type=limit,count=1,seconds=60"),
		"swatch threshold": swatch("threshold type=threshold,count=2,seconds=60"),
		"swatch both":      swatch("threshold type=both,count=2,seconds=60"),
		"swatch throttle":  swatch("throttle 0:01:00"),
	} {
		for _, step := range []time.Duration{-time.Hour, 24 * time.Hour} {
			p := play(t, rules(t), Options{Clock: ByArrival}, Deps{})
			p.say("fail a", "fail b")
			if name == "pair" {
				p.now = p.now.Add(step) // what waits, waits no longer than it may
			} else {
				if p.lines() == "" {
					t.Errorf("%s: nothing was told at first", name)
				}
				p.wait(step)
				p.say("fail a", "fail b") // may be held back once more
				p.lines()
			}
			p.wait(time.Second)
			p.wait(61 * time.Second)
			if name != "pair" {
				p.say("fail a", "fail b", "fail a", "fail b")
			}
			if p.lines() == "" {
				t.Errorf("%s: a step of %s silences it", name, step)
			}
		}
	}
}
