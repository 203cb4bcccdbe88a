package trendwatch

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/internal/text"
	"monitord/tsdb"
)

// lab is a watch over a real store, with a clock that is set by hand.
type lab struct {
	t      testing.TB
	dir    string
	now    time.Time
	db     *tsdb.DB
	w      *Watch
	states map[checks.Service]checks.State
	told   []Result
	down   map[string]bool
}

type labStore struct{ db *tsdb.DB }

func (s labStore) Range(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error) {
	found, err := s.db.QueryRange(ctx, expr, start, end, step)
	var out []Series
	for _, f := range found {
		one := Series{Labels: f.Labels}
		for _, p := range f.Points {
			one.Points = append(one.Points, Point(p))
		}
		out = append(out, one)
	}
	return out, err
}

func (s labStore) Narrow(expr, label, value string) (string, error) {
	return s.db.Narrow(expr, label, value)
}

func newLab(t testing.TB, now time.Time, c Config) *lab {
	t.Helper()
	l := &lab{t: t, dir: t.TempDir(), now: now, states: map[checks.Service]checks.State{}, down: map[string]bool{}}
	var err error
	l.db, err = tsdb.Open(tsdb.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), Now: func() time.Time { return l.now },
		Retention: 400 * day, MinFreeBytes: 1, BallastBytes: 1 << 20, SyncInterval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.db.Close() })
	l.start(c)
	return l
}

// start makes a new watch, as a restart does.
func (l *lab) start(c Config) {
	l.t.Helper()
	rules := l.compile(c)
	l.w = New(rules, Deps{
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return l.now }, Dir: l.dir, Store: labStore{l.db},
		Tell: func(_ context.Context, r Result) error {
			l.told = append(l.told, r)
			l.states[checks.Service{Host: r.Host, Check: Check, Item: r.Result.Item}] = r.Result.State
			return nil
		},
		StateOf: func(s checks.Service) (checks.State, bool) { st, ok := l.states[s]; return st, ok },
		Bad: func() []checks.Service {
			var list []checks.Service
			for s, st := range l.states {
				if st != checks.OK {
					list = append(list, s)
				}
			}
			return list
		},
		HostDown: func(host string) bool { return l.down[host] },
	})
	if err := l.w.load(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) compile(c Config) *Rules {
	l.t.Helper()
	if err := c.Validate(); err != nil {
		l.t.Fatal(err)
	}
	rules, err := Compile(c, time.UTC)
	if err != nil {
		l.t.Fatal(err)
	}
	return rules
}

// store appends values of a series.
func (l *lab) store(series labels.Labels, times []time.Time, values []float64) {
	l.t.Helper()
	batch := make([]tsdb.Sample, len(times))
	for i, at := range times {
		batch[i] = tsdb.Sample{Metric: series, At: at.UnixMilli(), Value: values[i]}
	}
	if err := l.db.Append(l.t.Context(), batch); err != nil {
		l.t.Fatal(err)
	}
}

// storeBoth appends values of two series, in the order of time.
func (l *lab) storeBoth(a, b labels.Labels, times []time.Time, of, ofB []float64) {
	l.t.Helper()
	for len(times) > 0 {
		n := min(250, len(times))
		l.store(a, times[:n], of[:n])
		l.store(b, times[:n], ofB[:n])
		times, of, ofB = times[n:], of[n:], ofB[n:]
	}
}

// settle does what the watch does until nothing waits, at one moment.
func (l *lab) settle() {
	l.w.minute(l.t.Context())
	for range 100 {
		j, ok := l.w.next()
		if !ok {
			return
		}
		l.w.catchUp(l.t.Context(), j)
	}
	l.t.Fatal("there is always something to be caught up")
}

// until moves the clock on, minute by minute.
func (l *lab) until(at time.Time) {
	for l.now.Before(at) {
		l.now = l.now.Add(time.Minute)
		l.settle()
	}
}

// entry is the only series of a host.
func (l *lab) entry(host, item string) *entry {
	l.t.Helper()
	e := l.w.book.names[checks.Service{Host: host, Check: Check, Item: item}]
	if e == nil {
		l.t.Fatalf("%s/%s is not judged; these are: %v", host, item, l.items())
	}
	return e
}

func (l *lab) items() (list []string) {
	for s := range l.w.book.names {
		list = append(list, s.String())
	}
	return list
}

func (l *lab) snapshot(e *entry) string {
	l.t.Helper()
	raw, err := e.detector.Snapshot(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	return string(raw)
}

// says renders what was told, in English.
func says(r Result) string {
	return r.Result.State.String() + " " + text.Default().Render(text.English, time.UTC, r.Result.Summary)
}

// one is a configuration with one rule.
func one(r RuleConfig) Config {
	c := DefaultConfig()
	c.Defaults, c.Rules = false, []RuleConfig{r}
	return c
}

// direct is what the detectors say of the same values, in their order.
func direct(t testing.TB, r *rule, times []time.Time, values []float64) *trend.Detector {
	t.Helper()
	d, err := trend.New(r.conf)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range times {
		d.Observe(at, values[i])
	}
	return d
}
