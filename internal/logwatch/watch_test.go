package logwatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/text"
)

// recorder is a Sink that remembers.
type recorder struct {
	mu    sync.Mutex
	steps []Step
	kept  map[string]string
	fault error
}

func (r *recorder) Commit(_ context.Context, s Step) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault != nil {
		return r.fault
	}
	r.steps = append(r.steps, s)
	if r.kept == nil {
		r.kept = map[string]string{}
	}
	maps.Copy(r.kept, s.Kept)
	maps.DeleteFunc(r.kept, func(_, v string) bool { return v == "" })
	return nil
}

func (r *recorder) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = err
}

// results writes what services were told, in order.
func (r *recorder) results() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.steps {
		for _, one := range s.Results {
			out = append(out, fmt.Sprintf("%s/%s %s %s", one.Host, one.Service, one.State, text.Default().Render("en", time.UTC, one.Summary)))
		}
	}
	return out
}

func decode(t testing.TB, yaml string) Config {
	t.Helper()
	n, err := config.ParseBytes("logs.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultConfig()
	if err := config.Decode(n, "logs", &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// watch makes one that follows nothing.
func watch(t testing.TB, yaml string, sink *recorder) *Watch {
	t.Helper()
	c := decode(t, yaml)
	rules, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(c, rules, Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: t.TempDir(), Host: func() string { return "web1" }, Sink: sink, Kept: maps.Clone(sink.kept)})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func take(t testing.TB, w *Watch, host string, lines ...string) {
	t.Helper()
	var list []Line
	for _, l := range lines {
		list = append(list, Line{Host: host, Source: SourceSyslog, Text: l, Received: time.Now()})
	}
	if err := w.Take(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, got []string, want ...string) {
	t.Helper()
	if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

const diskRules = "rules: [{match: 'disk (\\w+) bad', state: critical, service: disk, clear: disk fine}]\n"

func TestAServiceIsRaisedForEachHostApart(t *testing.T) {
	t.Parallel()
	var sink recorder
	w := watch(t, diskRules, &sink)
	take(t, w, "a", "disk sda bad")
	take(t, w, "b", "disk sdb bad", "disk fine")
	take(t, w, "a", "disk fine", "disk fine")
	same(t, sink.results(), "a/disk CRITICAL disk sda bad", "b/disk CRITICAL disk sdb bad", "b/disk OK disk (\\w+) bad: over: disk fine", "a/disk OK disk (\\w+) bad: over: disk fine")
}

func TestThresholdsCountEachHostApart(t *testing.T) {
	t.Parallel()
	var sink recorder
	w := watch(t, "rules: [{match: bad, state: critical, service: s, clear: good, threshold: {type: threshold, count: 2, within: 1h}}]\n", &sink)
	take(t, w, "a", "bad")
	take(t, w, "b", "bad")
	same(t, sink.results())
	take(t, w, "a", "bad 2")
	same(t, sink.results(), "a/s CRITICAL bad 2")
}

func TestWhatRulesCountedIsThereAfterARestart(t *testing.T) {
	t.Parallel()
	var sink recorder
	rules := "rules: [{match: bad, state: critical, service: s, clear: good, threshold: {type: threshold, count: 3, within: 1h}}]\n"
	take(t, watch(t, rules, &sink), "a", "bad", "bad")
	take(t, watch(t, rules, &sink), "a", "bad 3")
	same(t, sink.results(), "a/s CRITICAL bad 3")
	take(t, watch(t, rules, &sink), "a", "good")
	same(t, sink.results(), "a/s CRITICAL bad 3", "a/s OK bad: over: good")
	take(t, watch(t, rules, &sink), "a", "good")
	same(t, sink.results(), "a/s CRITICAL bad 3", "a/s OK bad: over: good")
}

func TestALineIsWaitedForOnAnotherHostOnceItCame(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		w := watch(t, "rules: [{expect: backup finished, every: 1h, state: critical, service: backup}]\n", &sink)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		take(t, w, "a", "hello")
		take(t, w, "b", "backup finished")
		time.Sleep(time.Hour + 2*time.Second)
		synctest.Wait()
		got := map[string]bool{}
		for _, s := range sink.steps {
			for _, r := range s.Results {
				got[r.Host] = r.State == checks.Critical
			}
		}
		if !maps.Equal(got, map[string]bool{"web1": true, "b": true}) {
			t.Errorf("missed %v", got)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestAStepThatIsNotKeptComesAgain also sees that the caller waits so long.
func TestAStepThatIsNotKeptComesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		w := watch(t, diskRules, &sink)
		sink.fail(errors.New("disk is full"))
		done := make(chan error, 1)
		go func() { done <- w.Take(t.Context(), []Line{{Host: "a", Text: "disk sda bad", Received: time.Now()}}) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("taken, though it was not kept: %v", err)
		default:
		}
		// One that gives up leaves its lines in the step.
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Take(short, []Line{{Host: "b", Text: "disk sdb bad", Received: time.Now()}}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		sink.fail(nil)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		take(t, w, "c", "x")
		same(t, sink.results(), "a/disk CRITICAL disk sda bad", "b/disk CRITICAL disk sdb bad")
	})
}

func TestAProblemThatOnlyOthersRememberIsTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		w := watch(t, "rules: []\n", &sink)
		w.deps.Known = func() []Problem {
			return []Problem{{Host: "web1", Service: "old", State: checks.Critical}, {Host: "web1", Service: "fine"}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		same(t, sink.results(), "web1/old OK old: the configuration has this rule no more")
	})
}

func TestTheMemoryIsAFile(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/m.json"
	m, err := OpenMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Put(map[string]string{"a": "1", "b": "2"}), m.Put(map[string]string{"b": "", "c": "3"})); err != nil {
		t.Fatal(err)
	}
	if m, err = OpenMemory(path); err != nil || !maps.Equal(m.All(), map[string]string{"a": "1", "c": "3"}) {
		t.Errorf("kept %v, %v", m.All(), err)
	}
}

// entries writes what the journal got, in order.
func (r *recorder) entries() (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.steps {
		for _, m := range s.Matches {
			if m.More > 0 {
				out = append(out, fmt.Sprintf("%s %s +%d", m.Host, m.Rule, m.More))
			} else {
				out = append(out, fmt.Sprintf("%s %s %s %v", m.Host, m.Rule, m.Line, m.Labels))
			}
		}
	}
	return out
}

// TestAFloodIsCounted also restarts in the middle of a minute: nothing that was
// counted is forgotten.
func TestAFloodIsCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		rules := "rules: [{name: r, match: 'bad (?<n>\\d+)', journal_lines: 2}, {name: quiet, match: bad, journal_lines: 0}]\n"
		w := watch(t, rules, &sink)
		for i := range 1000 {
			take(t, w, "a", fmt.Sprintf("bad %d", i))
		}
		w = watch(t, rules, &sink)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- w.Run(ctx) }()
		take(t, w, "b", "bad 1000")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		take(t, w, "b", "bad 1001")
		same(t, sink.entries(), "a r bad 0 map[n:0]", "a r bad 1 map[n:1]", "a r +999", "b r bad 1001 map[n:1001]")
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAnEntryHasTheLinesBeforeAndIsBounded(t *testing.T) {
	t.Parallel()
	var sink recorder
	w := watch(t, "rules: [{name: r, match: bad}]\n", &sink)
	long := strings.Repeat("é", maxJournalLine)
	take(t, w, "a", "one", "two", "bad "+long)
	m := sink.steps[0].Matches[0]
	if strings.Join(m.Context, ",") != "one,two" || len(m.Line) > maxJournalLine+3 || !utf8.ValidString(m.Line) || m.Source != SourceSyslog {
		t.Errorf("context %q, %d bytes, source %s", m.Context, len(m.Line), m.Source)
	}
}
