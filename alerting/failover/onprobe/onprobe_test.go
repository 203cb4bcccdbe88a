package onprobe

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is what the fake kind changes; it outlives the probe.
type world struct {
	mu     sync.Mutex
	did    map[string]int
	status failover.Status
	do     func(ctx context.Context) (failover.Outcome, error)
	bad    bool // its own premise fails
}

func (w *world) Resource() string { return "fake" }

func (w *world) Premises(context.Context, failover.Request) ([]failover.Premise, error) {
	return []failover.Premise{{Name: "fake", Holds: !w.bad}}, nil
}

func (w *world) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	w.mu.Lock()
	w.did[r.ID]++
	do := w.do
	w.mu.Unlock()
	if do != nil {
		return do(ctx)
	}
	return failover.Outcome{Verified: true}, nil
}

func (w *world) Status(context.Context, failover.Request) (failover.Status, error) {
	return w.status, nil
}

type options struct {
	Node string `yaml:"node"`
}

func (*options) Validate() error { return nil }

func (w *world) kind() failover.Kind {
	return failover.Kind{Name: "fake", Config: func() failover.Config { return &options{} },
		New: func(failover.Config, failover.Deps) (failover.Action, error) { return w, nil }}
}

// rig is one probe's actor.
type rig struct {
	t       *testing.T
	dir     string
	world   *world
	trusted error
	actor   *Actor
	mu      sync.Mutex
	reports []wire.ActionReport
	stop    func()
}

const allowAll = "server: https://192.0.2.1:8461\nactions: {takeover: {do: {fake: {node: a}}, hosts: [db1], cooldown: 0s, budget: {runs: 3, per: 1h}}}\n"

func newRig(t *testing.T, yaml string) *rig {
	r := &rig{t: t, dir: t.TempDir(), world: &world{did: map[string]int{}}}
	if err := os.WriteFile(filepath.Join(r.dir, "probe.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	r.start()
	return r
}

func (r *rig) start() {
	r.t.Helper()
	a, err := New(filepath.Join(r.dir, "probe.yaml"), r.dir, Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Kinds: []failover.Kind{r.world.kind()}, Trusted: func(string) error { return r.trusted }})
	if err != nil {
		r.t.Fatal(err)
	}
	r.actor = a
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- a.Run(ctx, r.report) }()
	r.stop = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
	}
}

func (r *rig) report(one wire.ActionReport) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reports = append(r.reports, one)
}

func (r *rig) progress() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, one := range r.reports {
		list = append(list, one.Progress)
	}
	return list
}

func (r *rig) want(did int, progress ...string) {
	r.t.Helper()
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	sum := 0
	for id, n := range r.world.did {
		if sum += n; n > 1 {
			r.t.Errorf("job %s was carried out %d times", id, n)
		}
	}
	if got := r.progress(); sum != did || !slices.Equal(got, progress) {
		r.t.Errorf("done %d times, reported %v; want %d, %v", sum, got, did, progress)
	}
}

// failing names the premises of the last report that do not hold.
func (r *rig) failing() string {
	var list []failover.Premise
	if err := json.Unmarshal(r.reports[len(r.reports)-1].Premises, &list); err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, p := range failover.Failing(list) {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

func job(id string) wire.Job {
	return wire.Job{ID: id, Name: "takeover", Service: checks.Service{Host: "db1", Check: "sql"}, State: checks.Critical, Left: time.Minute}
}

func inBubble(t *testing.T, yaml string, f func(r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, yaml)
		f(r)
		r.stop()
	})
}

func TestAJobIsCarriedOutOnceHoweverOftenItComes(t *testing.T) {
	inBubble(t, allowAll, func(r *rig) {
		for range 3 {
			r.actor.Take(time.Now(), job("a-1"))
		}
		synctest.Wait()
		if did := r.world.did["a-1"]; did != 1 {
			t.Errorf("carried out %d times", did)
		}
		r.stop()
		r.reports = nil
		r.start() // reports again what may not have been sent
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		r.want(1, "done", "done")
	})
}

func TestWhatTheFileDoesNotAllowIsRefusedAndSaid(t *testing.T) {
	for name, c := range map[string]struct {
		yaml    string
		change  func(r *rig, j *wire.Job)
		failing string
	}{
		"empty by default": {"server: https://192.0.2.1:8461\n", nil, failover.PremiseRequest},
		"another name":     {allowAll, func(_ *rig, j *wire.Job) { j.Name = "rm" }, failover.PremiseRequest},
		"another host":     {allowAll, func(_ *rig, j *wire.Job) { j.Service.Host = "web1" }, failover.PremiseRequest},
		"too late":         {allowAll, func(_ *rig, j *wire.Job) { j.Left = -time.Second }, failover.PremiseRequest},
		"file not root's":  {allowAll, func(r *rig, _ *wire.Job) { r.trusted = errors.New("may be written by others") }, failover.PremiseRequest},
		"its own premise":  {allowAll, func(r *rig, _ *wire.Job) { r.world.bad = true }, "fake"},
	} {
		inBubble(t, c.yaml, func(r *rig) {
			j := job("a-1")
			if c.change != nil {
				c.change(r, &j)
			}
			r.actor.Take(time.Now(), j)
			synctest.Wait()
			r.want(0, "refused")
			if got := r.failing(); got != c.failing {
				t.Errorf("%s: failing %q, want %q", name, got, c.failing)
			}
			r.trusted, r.world.bad = nil, false
			j = job("a-1")
			r.actor.Take(time.Now(), j) // refused is final: the server was told so
			synctest.Wait()
			r.want(0, "refused", "refused")
		})
	}
}

func TestTheProbesOwnBudgetHoldsOverRestarts(t *testing.T) {
	inBubble(t, allowAll, func(r *rig) {
		for i := range 5 {
			r.actor.Take(time.Now(), job("a-"+string(rune('a'+i))))
			synctest.Wait()
			r.stop()
			r.start()
			synctest.Wait()
		}
		total := 0
		for _, n := range r.world.did {
			total += n
		}
		if total != 3 || r.failing() != failover.PremiseBudget {
			t.Errorf("done %d times with a budget of 3", total)
		}
	})
}

func TestDryRunReportsAndDoesNothing(t *testing.T) {
	inBubble(t, strings.Replace(allowAll, "hosts:", "dry_run: true, hosts:", 1), func(r *rig) {
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		r.want(0, "dry-run")
	})
}

func TestWhatWasCutOffIsUnknownAndNeverRepeated(t *testing.T) {
	inBubble(t, allowAll, func(r *rig) {
		// The process ends in the middle: what is on disk is what it had written.
		hang := make(chan struct{})
		r.world.do = func(context.Context) (failover.Outcome, error) {
			<-hang
			return failover.Outcome{}, errors.New("too late")
		}
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		cut, err := os.ReadFile(filepath.Join(r.dir, seenFile))
		if err != nil {
			t.Fatal(err)
		}
		close(hang)
		r.stop()
		if err := os.WriteFile(filepath.Join(r.dir, seenFile), cut, 0o600); err != nil {
			t.Fatal(err)
		}
		r.reports, r.world.status = nil, failover.StatusDone
		r.start()
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		r.want(1, "unknown", "unknown")
		if got := r.reports[0]; got.Status != "done" || got.Error == "" {
			t.Errorf("%+v", got)
		}
	})
}

func TestAnActionGoesOnToItsEndWhenTheProbeStops(t *testing.T) {
	inBubble(t, allowAll, func(r *rig) {
		r.world.do = func(ctx context.Context) (failover.Outcome, error) {
			select {
			case <-time.After(20 * time.Second):
				return failover.Outcome{Verified: true}, nil
			case <-ctx.Done():
				return failover.Outcome{}, ctx.Err()
			}
		}
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		r.stop()
		r.want(1, "started", "done")
		r.start()
	})
}

func TestTheDeadlineIsWhatIsLeftOfTheJob(t *testing.T) {
	inBubble(t, allowAll, func(r *rig) {
		r.world.do = func(ctx context.Context) (failover.Outcome, error) {
			<-ctx.Done()
			return failover.Outcome{TimedOut: true}, nil
		}
		j := job("a-1")
		j.Left = 7 * time.Second
		began := time.Now()
		r.actor.Take(began, j)
		for len(r.progress()) < 2 {
			time.Sleep(time.Second)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("took %s", took)
		}
		r.want(1, "started", "unknown")
	})
}

func TestADamagedFileStopsActionsAndNotTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, allowAll)
		r.stop()
		if err := os.WriteFile(filepath.Join(r.dir, seenFile), []byte("{\"job\":{\"id\":\"a\"}}\nrubbish\n{}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.actor.Take(time.Now(), job("a-1"))
		synctest.Wait()
		r.want(0, "refused")
		if r.failing() != failover.PremiseJournal {
			t.Error(r.failing())
		}
		r.stop()
	})
}

func TestAnyPrefixOfTheFileIsReadAndNothingBegunIsForgotten(t *testing.T) {
	dir := t.TempDir()
	s, err := openSeen(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := s.begin(entry{Job: job(id), Name: "takeover", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.begin(entry{Job: job("b")}); !errors.Is(err, errSeen) {
		t.Errorf("begun twice: %v", err)
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(raw) + 1 {
		cut := &seen{entries: map[string]entry{}}
		if err := cut.parse(raw[:n]); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if want := strings.Count(string(raw[:n]), "\n"); len(cut.all()) != want {
			t.Errorf("cut at %d: %d jobs, want %d", n, len(cut.all()), want)
		}
	}
	if err := os.WriteFile(s.path, raw[:len(raw)-5], 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what comes after half a line is whole
		cut, err := openSeen(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := cut.begin(entry{Job: job("z")}); err != nil && !errors.Is(err, errSeen) {
			t.Error(err)
		}
		if len(cut.all()) != 3 {
			t.Errorf("%d jobs; want a, b and z", len(cut.all()))
		}
		if err := cut.close(); err != nil {
			t.Error(err)
		}
	}
}

func FuzzSeen(f *testing.F) {
	f.Add([]byte("{\"job\":{\"id\":\"a\"},\"name\":\"x\"}\n"))
	f.Add([]byte("\n\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := &seen{entries: map[string]entry{}}
		if err := s.parse(raw); err == nil && len(s.order) != len(s.entries) {
			t.Errorf("%d in order, %d known", len(s.order), len(s.entries))
		}
	})
}

func TestOnlyRootsFileIsTrusted(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root: files of root and of another user are made")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "probe.yaml")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := trusted(file); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func() (mend func() error, err error){
		"file of somebody": func() (func() error, error) {
			return func() error { return os.Chown(file, 0, 0) }, os.Chown(file, 65534, 0)
		},
		"writable by group": func() (func() error, error) {
			return func() error { return os.Chmod(file, 0o600) }, os.Chmod(file, 0o620)
		},
		"folder of somebody": func() (func() error, error) {
			return func() error { return os.Chown(dir, 0, 0) }, os.Chown(dir, 65534, 0)
		},
		"folder writable by all": func() (func() error, error) {
			return func() error { return os.Chmod(dir, 0o755) }, os.Chmod(dir, 0o777)
		},
		"gone": func() (func() error, error) {
			return func() error { return os.WriteFile(file, nil, 0o600) }, os.Remove(file)
		},
	} {
		mend, err := spoil()
		if err != nil {
			t.Fatal(err)
		}
		if trusted(file) == nil {
			t.Errorf("%s: trusted", name)
		}
		if err := mend(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFaultsOfTheFileHavePlaces(t *testing.T) {
	w := &world{}
	for yaml, want := range map[string]string{
		"actions: {a: {do: {fake: {nod: x}}}}":                  "actions.a.do.fake.nod: unknown key (did you mean node?)",
		"actions: {a: {do: {rm: {}}}}":                          "actions.a.do.rm: unknown kind of action (want one of fake)",
		"actions: {a: {}}":                                      "actions.a.do: exactly one thing",
		"actions: {a: {do: {fake: {}}, budget: {runs: 0}}}":     "actions.a.budget.runs: out of range",
		"actions: {a: {do: {fake: {}}, deadline: 1h}}":          "actions.a.deadline: out of range",
		"actions: {a: {do: {fake: {}}, cooldown: -1s}}":         "cooldown: it is below 0",
		"actions: {a: {do: {fake: {}}, budget: {per: 1s}}}":     "budget.per: out of range",
		"actions: {a: {do: {fake: {}}, command: [rm, -rf, /]}}": "actions.a.command: unknown key",
	} {
		file := filepath.Join(t.TempDir(), "probe.yaml")
		if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(file, t.TempDir(), Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Kinds: []failover.Kind{w.kind()}})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "probe.yaml:1:") {
			t.Errorf("%s: %v", yaml, err)
		}
	}
}
