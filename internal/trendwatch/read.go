package trendwatch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"regexp"
	"time"

	"monitord/internal/logkeys"
)

const (
	lookBack  = 6  // steps that are asked for each time
	deepEvery = 12 // each so many times all steps that can be late are
)

// question is what a rule asks the store, perhaps of one host alone.
type question struct{ values, times, limit string }

func (r *rule) question() question {
	q := question{values: r.Expr, limit: r.Limit}
	if r.Counter {
		// The moment of the sample itself: a rate over the distance of two questions
		// would be wrong by the distance of two samples.
		q.times = around(r.Expr, "timestamp(%s)")
	}
	return q
}

// counters is a selector, perhaps with a condition behind it.
var counters = regexp.MustCompile(`(?s)^\s*([a-zA-Z_:][a-zA-Z0-9_:]*(?:\{[^{}]*\})?|\{[^{}]*\})(\s+(?:and|unless)\s.*)?$`)

var alternative = regexp.MustCompile(`\bor\b`)

// around puts a function around the selector of an expression, and leaves its
// condition as it is: a function knows moments of samples only of a selector.
func around(expr, function string) string {
	m := counters.FindStringSubmatch(expr)
	if m == nil || alternative.MatchString(m[2]) {
		return fmt.Sprintf(function, expr)
	}
	return fmt.Sprintf(function, m[1]) + m[2]
}

// narrow asks the same of one host.
func (q question) narrow(s Store, label, value string) (question, error) {
	for _, expr := range []*string{&q.values, &q.times, &q.limit} {
		if *expr == "" {
			continue
		}
		narrowed, err := s.Narrow(*expr, label, value)
		if err != nil {
			return q, err
		}
		*expr = narrowed
	}
	return q, nil
}

// answer is what the store says to a question.
type answer struct {
	series []Series
	times  map[string][]Point // of counters, by key
	limits map[string]float64 // by key; of expressions
}

// ask puts a question over some steps.
func (w *Watch) ask(ctx context.Context, r *rule, q question, from, to int64) (answer, error) {
	step := time.Duration(r.step) * time.Second
	var a answer
	var err error
	if a.series, err = w.deps.Store.Range(ctx, q.values, r.at(from), r.at(to), step); err != nil {
		return a, err
	}
	if q.times != "" {
		times, err := w.deps.Store.Range(ctx, q.times, r.at(from), r.at(to), step)
		if err != nil {
			return a, err
		}
		a.times = make(map[string][]Point, len(times))
		for _, s := range times {
			a.times[keyOf(s.Labels)] = s.Points
		}
	}
	if q.limit != "" {
		limits, err := w.deps.Store.Range(ctx, q.limit, r.at(to), r.at(to), step)
		if err != nil {
			return a, err
		}
		a.limits = make(map[string]float64, len(limits))
		for _, s := range limits {
			if n := len(s.Points); n > 0 {
				a.limits[keyOf(s.Labels)] = s.Points[n-1].Value
			}
		}
	}
	return a, nil
}

// limitOf finds the limit of a series: that with its labels, or else that of its
// host, or the only one.
func (a *answer) limitOf(s Series, key, label string) (float64, bool) {
	for _, k := range []string{key, keyOf(map[string]string{label: s.Labels[label]}), ""} {
		if v, ok := a.limits[k]; ok && !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, true
		}
	}
	return 0, false
}

// read asks a rule about its newest steps and hands on what is new.
func (w *Watch) read(ctx context.Context, r *rule, head int64) {
	back := int64(lookBack)
	if head%deepEvery == 0 {
		back = window - 1
	}
	from := max(head-back, 0)
	a, err := w.ask(ctx, r, r.question(), from, head)
	if err != nil {
		w.failed(ctx, r, err)
		return
	}
	w.heads[r] = head
	var changed []*entry
	left := 0
	for i := 0; i < len(a.series); i += batch {
		w.book.Lock()
		for _, s := range a.series[i:min(i+batch, len(a.series))] {
			e, fits := w.take(r, a, s, from, head)
			if !fits {
				left++
			}
			if e != nil {
				changed = append(changed, e)
			}
		}
		w.book.Unlock()
	}
	w.book.Lock()
	news := w.stats.leave(r.Name, left)
	w.book.Unlock()
	if news {
		w.log.Warn("more series than trends.max_series: the rest is not judged; raise it, or narrow the rule", logkeys.Rule, r.Name, logkeys.Count, left)
	}
	w.tellAll(ctx, changed)
}

// batch is how many series are handled while the lock is held.
const batch = 64

// take hands a series' new values to its detector. It returns the entry when it
// is to be judged; fits is false for one too many.
func (w *Watch) take(r *rule, a answer, s Series, from, head int64) (e *entry, fits bool) {
	host, label, value := hostOf(s.Labels)
	if host == "" {
		return nil, true
	}
	key := keyOf(s.Labels)
	e = w.book.series[r][key]
	if e == nil {
		var err error
		if e, err = w.book.add(r, key, s.Labels, host); e == nil {
			if err != nil {
				w.log.Error("a series cannot be judged", logkeys.Rule, r.Name, logkeys.Err, err)
			}
			return nil, false
		}
		e.behind = true
	}
	if v, ok := a.limitOf(s, key, label); ok {
		e.limit = v
	}
	if e.behind || e.cursor < from-1 || e.skips(s) {
		wait := beat // a spool may be on its way: what it brings is to be seen in its order
		if e.cursor == 0 {
			wait = 0
		}
		e.behind = true
		w.later(r, label, value, w.deps.Now().Add(wait))
		return nil, true
	}
	w.feed(e, a, s, key)
	e.advance(head)
	return e, true
}

// skips reports whether the next value comes after a gap.
func (e *entry) skips(s Series) bool {
	for _, p := range s.Points {
		if step := e.rule.stepOf(p.At); step > e.cursor {
			return step-e.cursor > gapSteps
		}
	}
	return false
}

// feed hands the points of an answer on, in the order of time.
func (w *Watch) feed(e *entry, a answer, s Series, key string) {
	times := a.times[key]
	at := 0
	for _, p := range s.Points {
		moment := p.At
		if e.rule.Counter {
			for at < len(times) && times[at].At.Before(p.At) {
				at++
			}
			if at < len(times) && times[at].At.Equal(p.At) {
				moment = time.Unix(0, int64(times[at].Value*1e9))
			}
		}
		if e.show(e.rule.stepOf(p.At), p.Value, moment) {
			w.stats.judged.Inc()
		}
	}
}

// failed says that a rule got no answer; once until it gets one.
func (w *Watch) failed(ctx context.Context, r *rule, err error) {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return
	}
	w.stats.failures.Inc()
	w.log.Warn("a rule for trends got no answer from the store; it is asked again in a minute", logkeys.Rule, r.Name, logkeys.Err, err)
}
