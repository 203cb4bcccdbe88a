package trendwatch

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/logkeys"
)

// Check is the name of the check whose items are the series that are judged.
const Check = "trend"

// Series is one line of the store's answer, oldest point first.
type Series struct {
	Labels map[string]string // not kept, not changed
	Points []Point
}

// Point is one value of a series.
type Point struct {
	At    time.Time
	Value float64
}

// Store is what is asked of the store.
type Store interface {
	// Range evaluates a PromQL expression from start to end, both included.
	Range(ctx context.Context, expr string, start, end time.Time, step time.Duration) ([]Series, error)
	// Narrow makes every selector of an expression ask for that label as well. Its
	// error says that the expression cannot be parsed.
	Narrow(expr, label, value string) (string, error)
}

// Result is what became of a series' findings.
type Result struct {
	Host   string
	At     time.Time
	Result checks.Result
}

// Deps is what is used of the world.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Dir    string // DATA/trend; made when missing
	Store  Store
	// Tell hands results to the engine, which has them when it returns.
	Tell func(context.Context, Result) error
	// StateOf is the state of a service that the engine knows.
	StateOf func(checks.Service) (checks.State, bool)
	// Bad lists the services of the check trend that are not OK.
	Bad func() []checks.Service
	// HostDown reports whether a host is known to be DOWN, or its probe to be gone.
	HostDown func(host string) bool
}

// Watch judges series. Its Run reads; everything else may be called at any time.
type Watch struct {
	deps  Deps
	log   *slog.Logger
	book  *book
	rules *Rules      // of Run
	swaps chan *Rules // from Apply
	heads map[*rule]int64
	jobs  []job
	queue map[jobKey]bool
	files files
	stats stats
	turn  int // minutes since the start
}

// New makes a watch that knows nothing yet; Run reads what was kept.
func New(rules *Rules, deps Deps) *Watch {
	w := &Watch{
		deps: deps, log: deps.Logger.With(logkeys.Component, "trends"), rules: rules, swaps: make(chan *Rules, 1),
		book: newBook(rules.config.MaxSeries), heads: map[*rule]int64{}, queue: map[jobKey]bool{}, stats: newStats(),
	}
	w.files.dir = deps.Dir
	return w
}

// Apply puts other rules in force, soon. What a rule that stays has learned is
// kept.
func (w *Watch) Apply(rules *Rules) {
	for {
		select {
		case w.swaps <- rules:
			return
		default:
		}
		select { // an older one that was not taken yet
		case <-w.swaps:
		default:
		}
	}
}

// beat is how often it is looked whether a rule is due.
const beat = time.Minute

// Run judges until ctx ends, and keeps what was learned.
func (w *Watch) Run(ctx context.Context) error {
	if err := w.load(ctx); err != nil {
		return err
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	w.minute(ctx)
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			w.saveAll()
			return nil
		case rules := <-w.swaps:
			w.swap(ctx, rules)
		case <-ticker.C:
			w.minute(ctx)
		case <-pause.C:
			pause.Reset(w.workOff(ctx))
		}
	}
}

// idle is how often it is looked for series to be caught up when there are none.
const idle = time.Second

// share of one core that catching up may take: after a question it waits three
// times as long as the answer took.
const waitTimes = 3

// workOff does one job and says how long to wait before the next.
func (w *Watch) workOff(ctx context.Context) time.Duration {
	begin := time.Now()
	j, due := w.next()
	if !due {
		return idle
	}
	w.catchUp(ctx, j)
	w.stats.waiting.Set(float64(len(w.jobs)))
	if len(w.jobs) == 0 {
		w.count()
	}
	return max(time.Millisecond, min(waitTimes*time.Since(begin), 10*time.Second))
}

// minute asks the rules that are due, and does what comes with time.
func (w *Watch) minute(ctx context.Context) {
	begin := time.Now()
	for _, r := range w.rules.list {
		if head := r.head(w.deps.Now()); head > w.heads[r] && ctx.Err() == nil {
			w.read(ctx, r, head)
		}
	}
	w.forecast()
	if w.turn++; w.turn%sweepEvery == 0 {
		w.sweep(ctx)
	}
	if ctx.Err() == nil {
		w.saveNext()
	}
	w.count()
	w.stats.took.Set(time.Since(begin).Seconds())
}

// swap takes over from the old rules the series of those that see the same.
func (w *Watch) swap(ctx context.Context, rules *Rules) {
	old := w.rules
	rules = &Rules{list: slices.Clone(rules.list), config: rules.config}
	w.rules, w.jobs, w.queue = rules, nil, map[jobKey]bool{}
	byName := map[string]*rule{}
	w.book.Lock()
	w.book.max = rules.config.MaxSeries
	for i, r := range rules.list {
		for _, was := range old.list {
			if was.same(r) {
				was.lead = r.lead
				rules.list[i] = was
			}
		}
		byName[r.Name] = rules.list[i]
	}
	var gone []*entry
	for _, r := range old.list {
		heir := byName[r.Name]
		if heir == r {
			for _, e := range w.book.series[r] {
				e.behind = e.behind && !e.whole // its job is gone; the next reading sees what it lacks
			}
			continue
		}
		for _, e := range w.book.series[r] {
			w.book.drop(e)
			if heir == nil || heir.print != r.print || !w.inherit(e, heir) {
				gone = append(gone, e)
			}
		}
		delete(w.book.series, r)
		if heir != nil && heir.print == r.print {
			w.heads[heir] = w.heads[r]
		}
		delete(w.heads, r)
	}
	w.book.Unlock()
	for _, e := range gone {
		w.release(ctx, e)
	}
	w.minute(ctx)
}

// inherit gives a series to another rule: its limit and its kinds may differ.
func (w *Watch) inherit(e *entry, heir *rule) bool {
	raw, err := e.detector.Snapshot(nil)
	if err != nil {
		return false
	}
	e.rule, e.behind = heir, false
	if err := e.renew(); err != nil || e.detector.Restore(raw) != nil {
		return false
	}
	e.dates = nil
	w.book.put(e)
	return true
}
