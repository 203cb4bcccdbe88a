package trendwatch

import (
	"cmp"
	"context"
	"time"

	"monitord/checks"
	"monitord/checks/trend"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

const (
	// restless is how long after a gap nothing but a limit is told: a machine that
	// was away is not as usual at once.
	restless = 30 * time.Minute
	// silent is how long without a value ends what was told of a series whose host
	// goes on sending others: it is gone. Of a host that is silent as a whole the
	// last state stays: no value is no recovery.
	silent = 24 * time.Hour
	// lively is how old the newest value of a host that goes on sending may be.
	lively = time.Hour
	// forgotten is how long without a value a series is kept.
	forgotten = 28 * day
	// sweepEvery so many minutes it is looked what is gone.
	sweepEvery = 60
)

// worst is the finding that a series' state stands for; false when none is open.
func worst(list []trend.Finding) (trend.Finding, bool) {
	var best trend.Finding
	for _, f := range list {
		if f.Open() && (best.ID == 0 || cmp.Or(cmp.Compare(f.Severity, best.Severity), cmp.Compare(f.Changed, best.Changed)) > 0) {
			best = f
		}
	}
	return best, best.ID != 0
}

// tellAll tells of those series of which there is news.
func (w *Watch) tellAll(ctx context.Context, list []*entry) {
	for _, e := range list {
		if ctx.Err() != nil {
			return
		}
		w.book.Lock()
		r, news := w.judge(e)
		w.book.Unlock()
		if news {
			w.tell(ctx, e, r)
		}
	}
}

// judge makes the result of a series; false when there is nothing to tell.
func (w *Watch) judge(e *entry) (checks.Result, bool) {
	if e.behind {
		return checks.Result{}, false
	}
	f, open := worst(e.detector.Findings())
	if !e.told.known { // since a restart: what the engine remembers
		e.told = told{known: true}
		if st, known := w.deps.StateOf(e.service()); known {
			e.told.state = st
		}
	}
	if !open {
		if e.told.state == checks.OK {
			return checks.Result{}, false
		}
		return e.result(checks.OK, text.M("trendwatch.over", text.Str("series", e.item), e.rule.arg("now", e.now))), true
	}
	if f.ID == e.told.id && f.Changed == e.told.changed && e.told.state == f.State() && e.datesStand(f) {
		return checks.Result{}, false
	}
	if w.wait(e, f) {
		return checks.Result{}, false
	}
	e.told.id, e.told.changed, e.told.dates = f.ID, f.Changed, datesOf(f)
	return e.result(f.State(), e.rule.Unit.units(f.Sentence(e.item))), true
}

// wait reports whether a finding may still turn out to be the shadow of a host
// that is, or was just, away.
func (w *Watch) wait(e *entry, f trend.Finding) bool {
	if w.deps.HostDown(e.host) {
		return true
	}
	return f.Kind != trend.Limit && e.resumed != 0 && e.rule.at(e.last).Unix()-e.resumed < int64(restless.Seconds())
}

// datesOf is the date of a limit in quarters of a day, for each of which it is told
// again; 0 without one.
func datesOf(f trend.Finding) int64 {
	if f.Kind != trend.Limit {
		return 0
	}
	return f.P50 / 21600
}

// datesStand reports whether the dates that were told are still nearly true.
func (e *entry) datesStand(f trend.Finding) bool { return e.told.dates == datesOf(f) }

func (e *entry) result(state checks.State, summary text.Message) checks.Result {
	return checks.Result{Item: e.item, State: state, Summary: summary,
		Perf: []checks.Perf{{Label: "value", Value: e.now, Unit: e.rule.perfUnit()}}}
}

// tell hands a result to the engine. What it did not take is told again at the
// next step.
func (w *Watch) tell(ctx context.Context, e *entry, r checks.Result) {
	err := w.deps.Tell(ctx, Result{Host: e.host, At: w.deps.Now(), Result: r})
	w.book.Lock()
	defer w.book.Unlock()
	if err != nil {
		e.told = told{}
		if ctx.Err() == nil {
			w.log.Error("a finding was not taken; it is told again at the next step", logkeys.Service, e.service().String(), logkeys.Err, err)
		}
		return
	}
	e.told.known, e.told.state = true, r.State
	w.stats.told.Inc()
}

// sweep ends what was told of series that are gone, and forgets those that are
// gone for long.
func (w *Watch) sweep(ctx context.Context) {
	now := w.deps.Now()
	w.book.Lock()
	newest := w.newest()
	names := make(map[checks.Service]bool, len(w.book.names))
	var quiet []*entry
	for _, series := range w.book.series {
		for _, e := range series {
			names[e.service()] = true
			if e.last == 0 {
				continue
			}
			away := now.Sub(e.rule.at(e.last))
			known := time.Duration(e.last-e.first) * time.Duration(e.rule.step) * time.Second
			switch alive := now.Sub(time.Unix(newest[e.host], 0)) < lively; {
			case away > forgotten || away > silent && known < 3*day:
				w.book.drop(e)
				quiet = append(quiet, e)
			case away > silent && alive:
				quiet = append(quiet, e)
			}
		}
	}
	w.book.Unlock()
	for _, e := range quiet {
		w.release(ctx, e)
	}
	if len(w.jobs) > 0 {
		return // some may be known again in a moment
	}
	for _, id := range w.deps.Bad() {
		if !names[id] && !w.deps.HostDown(id.Host) {
			w.end(ctx, id.Host, id.Item)
		}
	}
}

// newest is the moment of each host's newest value, in Unix seconds. The lock must
// be held.
func (w *Watch) newest() map[string]int64 {
	at := map[string]int64{}
	for _, e := range w.book.names {
		if e.last != 0 {
			at[e.host] = max(at[e.host], e.rule.at(e.last).Unix())
		}
	}
	return at
}

// release ends what was told of a series that is judged no more.
func (w *Watch) release(ctx context.Context, e *entry) {
	if st, known := w.deps.StateOf(e.service()); known && st != checks.OK && !w.deps.HostDown(e.host) {
		w.end(ctx, e.host, e.item)
	}
	w.book.Lock()
	e.told = told{}
	w.book.Unlock()
}

func (w *Watch) end(ctx context.Context, host, item string) {
	r := checks.Result{Item: item, State: checks.OK, Summary: text.M("trendwatch.gone", text.Str("series", item))}
	if err := w.deps.Tell(ctx, Result{Host: host, At: w.deps.Now(), Result: r}); err != nil && ctx.Err() == nil {
		w.log.Error("the end of a finding was not taken; it is told again in an hour", logkeys.Host, host, logkeys.Err, err)
	}
}
