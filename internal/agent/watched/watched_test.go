package watched

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/collectors/logfile"
	"monitord/internal/agent"
	"monitord/internal/hostlogs"
	"monitord/internal/logwatch"
	"monitord/internal/text"
	"monitord/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOnlyWhatIsAllowedIsFollowed(t *testing.T) {
	for _, c := range []struct {
		allow, path string
		want        bool
	}{
		{"/var/log/**", "/var/log/syslog", true},
		{"/var/log/**", "/var/log/app/a*/x.log", true},
		{"/var/log/**", "/var/log", false},
		{"/var/log/**", "/var/log/../../etc/shadow", false},
		{"/var/log/**", "/var/logs/x", false},
		{"/var/log/**", "/v*/log/x", false},
		{"/var/log/**", "var/log/x", false},
		{"/var/log/**", "/var/log//x", false},
		{"/var/log/*.log", "/var/log/a.log", true},
		{"/var/log/*.log", "/var/log/*.log", true},
		{"/var/log/*.log", "/var/log/*", false},
		{"/var/log/*.log", "/var/log/[a-z].log", false},
		{"/var/log/*.log", "/var/log/x/a.log", false},
		{"/srv/*/log/*", "/srv/a*/log/x", true},
		{"/srv/*/log/*", "/srv/a/logs/x", false},
		{"/srv/app[1-3]/**", "/srv/app2/x/y", true},
		{"/srv/app[1-3]/**", "/srv/app4/x/y", false},
		{"/**", "/etc/shadow", true},
		{"journald", "journald", false},
	} {
		if got := allows([]string{c.allow}, c.path); got != c.want {
			t.Errorf("%s allows %s: %v", c.allow, c.path, got)
		}
	}
}

func TestEverySourceIsRestricted(t *testing.T) {
	c := hostlogs.DefaultConfig()
	c.Follow.Files = []logfile.Source{{Path: "/var/log/a"}, {Path: "/etc/passwd"}, {Path: "/var/log/b", Rotated: "/root"}, {Path: "/var/log/c", Rotated: "/var/log/old"}}
	c.Journald.Enabled, c.Kernel.Enabled = true, true
	got, refused := restrict(c, []string{"/var/log/**", "journald"})
	if d := cmp.Diff([]string{"/etc/passwd", "/var/log/b (rotated: /root)", "kernel"}, refused); d != "" {
		t.Error(d)
	}
	if len(got.Follow.Files) != 2 || !got.Journald.Enabled || got.Kernel.Enabled {
		t.Errorf("%+v", got)
	}
	c.Journald.Directory = "/root/journal"
	if got, refused := restrict(c, []string{"/**", "journald", "kernel"}); len(refused) > 0 || !got.Journald.Enabled {
		t.Errorf("%+v %v", got, refused)
	}
	if got, refused := restrict(c, []string{"journald"}); got.Journald.Enabled || !slices.Contains(refused, "journald /root/journal") {
		t.Errorf("%+v %v", got, refused)
	}
}

// fakeOut is a spool in memory that dies after so many events.
type fakeOut struct {
	events  []agent.Event // events[i] has the number i+1
	boot    string
	dies    int // after so many events; negative: never
	waiting int
	stuck   bool
}

var errDied = errors.New("killed")

func (f *fakeOut) Post(events []agent.Event, begin func(string, uint64) error) error {
	if err := begin(f.boot, uint64(len(f.events))+1); err != nil {
		return err
	}
	for _, e := range events {
		if f.dies == 0 {
			return errDied
		}
		f.dies--
		f.events = append(f.events, e)
	}
	return nil
}

func (f *fakeOut) Synced() bool                 { return !f.stuck }
func (f *fakeOut) Kept() (string, uint64)       { return f.boot, uint64(len(f.events)) }
func (f *fakeOut) Waiting() int                 { return f.waiting }
func (f *fakeOut) Samples([]agent.Sample) error { return nil }

func newSink(t *testing.T, dir string, out agent.Outgoing) *sink {
	t.Helper()
	w := New(Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: dir})
	if err := w.Begin(out); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.sink.memory.close() })
	return w.sink
}

func result(at time.Time, service string, state checks.State) logwatch.Result {
	return logwatch.Result{At: at, Service: service, Result: checks.Result{Item: service, State: state, Summary: text.Verbatim(service)}}
}

func (f *fakeOut) states(t *testing.T) (out []string) {
	t.Helper()
	for _, e := range f.events {
		var r wire.ResultData
		if e.Kind != wire.KindResult {
			out = append(out, e.Kind)
			continue
		}
		if err := json.Unmarshal(e.Data, &r); err != nil || r.Check != wire.LogCheck || len(r.Results) != 1 {
			t.Fatalf("%s: %v", e.Data, err)
		}
		out = append(out, r.Results[0].Item+" "+r.Results[0].State.String())
	}
	return out
}

// A step of four events is cut off after each of them; others speak in between.
func TestWhatACrashCutOffIsPostedOnce(t *testing.T) {
	now := time.Now()
	for dies := range 5 {
		dir := t.TempDir()
		out := &fakeOut{boot: "b", dies: -1}
		s := newSink(t, dir, out)
		s.event(wire.KindStart, struct{}{})
		out.dies = dies
		err := s.Commit(t.Context(), logwatch.Step{
			Matches: []logwatch.Match{{At: now, Rule: "r", Line: "x"}},
			Results: []logwatch.Result{result(now, "a", checks.Critical), result(now, "b", checks.Warning), result(now.Add(1), "a", checks.OK)},
			Kept:    map[string]string{"file/1": "position"},
		})
		if (err != nil) != (dies < 4) {
			t.Fatalf("%d: %v", dies, err)
		}
		out.dies = -1
		newSink(t, dir, out)
		again := newSink(t, dir, out) // and once more
		if d := cmp.Diff([]string{wire.KindStart, wire.KindLogMatch, "a CRITICAL", "b WARNING", "a OK"}, out.states(t)); d != "" {
			t.Errorf("killed after %d: %s", dies, d)
		}
		if d := cmp.Diff(map[string]string{"file/1": "position"}, again.kept()); d != "" {
			t.Errorf("killed after %d: %s", dies, d)
		}
		if !again.standing() {
			t.Errorf("killed after %d: what is raised is forgotten", dies)
		}
	}
}

func TestEventsOfASpoolThatIsGoneAreNotRepeated(t *testing.T) {
	dir, out := t.TempDir(), &fakeOut{boot: "b", dies: -1}
	if err := newSink(t, dir, out).Commit(t.Context(), logwatch.Step{Results: []logwatch.Result{result(time.Now(), "a", checks.Critical)}}); err != nil {
		t.Fatal(err)
	}
	fresh := &fakeOut{boot: "c", dies: -1}
	newSink(t, dir, fresh)
	if len(fresh.events) > 0 {
		t.Errorf("%v", fresh.states(t))
	}
}

func TestNothingIsTakenWhileTheDiskTakesNothing(t *testing.T) {
	out := &fakeOut{boot: "b", dies: -1, stuck: true}
	s := newSink(t, t.TempDir(), out)
	step := logwatch.Step{Results: []logwatch.Result{result(time.Now(), "a", checks.Critical)}, Kept: map[string]string{"file/1": "p"}}
	if err := s.Commit(t.Context(), step); !errors.Is(err, errWaiting) || len(out.events) > 0 || len(s.kept()) > 0 {
		t.Fatalf("%v, %v, %v", err, out.events, s.kept())
	}
	out.stuck = false
	if err := s.Commit(t.Context(), step); err != nil || len(out.events) != 1 || len(s.kept()) != 1 {
		t.Errorf("%v, %v", err, out.events)
	}
}

// Results rise in time, reminders included: the server sets aside what does not.
func TestStandingProblemsAreToldAgain(t *testing.T) {
	out, now := &fakeOut{boot: "b", dies: -1}, time.Now()
	s := newSink(t, t.TempDir(), out)
	commit := func(at time.Time, state checks.State) {
		t.Helper()
		if err := s.Commit(t.Context(), logwatch.Step{Results: []logwatch.Result{result(at, "a", state)}}); err != nil {
			t.Fatal(err)
		}
	}
	again := func(at time.Time) {
		t.Helper()
		if err := s.again(at); err != nil {
			t.Fatal(err)
		}
	}
	commit(now, checks.Critical)
	again(now.Add(time.Minute))
	again(now.Add(2 * time.Minute))
	commit(now.Add(90*time.Second), checks.OK) // its clock is behind the reminder's
	again(now.Add(3 * time.Minute))
	again(now.Add(10 * time.Minute)) // the one before may have come too late
	again(now.Add(11 * time.Minute))
	if d := cmp.Diff([]string{"a CRITICAL", "a CRITICAL", "a CRITICAL", "a OK", "a OK", "a OK"}, out.states(t)); d != "" {
		t.Error(d)
	}
	if s.standing() {
		t.Error("a problem that ended is told for ever")
	}
	for i := range out.events[1:] {
		if !out.events[i+1].At.After(out.events[i].At) {
			t.Errorf("%d is at %s, after %s", i+1, out.events[i+1].At, out.events[i].At)
		}
	}
}

func TestMemoryIsWrittenAnewWhenItIsLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	m, err := openMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		if err := errors.Join(m.add(record{Kept: map[string]string{fmt.Sprint(i % 7): fmt.Sprintf("%01000d", i), "gone": ""}}, false), m.compact()); err != nil {
			t.Fatal(err)
		}
	}
	want := m.kept
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Size() > 2*compactBytes {
		t.Errorf("%v, %v", st.Size(), err)
	}
	// A torn record ends it, and is cut off.
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString("00000000 {\"kept\":{\"x\":\"y\"}}\n1234 {")
	}
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	again, err := openMemory(path)
	if err != nil {
		t.Fatal(err)
	}
	defer again.close()
	if d := cmp.Diff(want, again.kept); d != "" {
		t.Error(d)
	}
	if st, _ := os.Stat(path); st.Size() != again.size {
		t.Errorf("%d bytes, %d of them whole", st.Size(), again.size)
	}
}

func FuzzRecord(f *testing.F) {
	line, err := record{Kept: map[string]string{"a": "b"}, Events: []agent.Event{{Kind: "k", Data: []byte("{}")}}, Boot: "x", First: 3}.line()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(line)
	f.Add([]byte("00000000 "))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := &memory{kept: map[string]string{}}
		if n := m.replay(raw); n > len(raw) || n > 0 && raw[n-1] != '\n' {
			t.Errorf("%d of %d bytes are whole", n, len(raw))
		}
	})
}
