package logwatch

import (
	"context"
	"time"

	"monitord/checks/logs"
	"monitord/collectors"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/internal/logkeep"
)

// Stats is how a Watch does.
type Stats struct {
	Rules []RuleStats // in their order
	Hosts int         // that rules count for
	// Followed are totals of the files, and Files those that need attention most.
	Followed logfile.Totals
	Files    []logfile.FileStats
	Journald *journald.Stats // nil: it is not followed
	Kernel   *kmsg.Stats     // nil: it is not followed
	Kept     *logkeep.Stats  // nil: nothing is kept
	// DroppedSamples were numbers of series beyond the bound of their rule.
	DroppedSamples uint64
}

// RuleStats is how one rule does, all hosts together. The counts of
// logs.RuleStats are since the start, or since the rule was changed; the others
// survive restarts.
type RuleStats struct {
	logs.RuleStats
	Service string        // that it raises; "" when it raises none
	Action  string        // that the service asks for; "" when it asks for none
	Total   int64         // lines that matched, ever
	Today   int64         // of them, since midnight in local time
	Days    []DayHits     // the last 14 days, today last
	PerLine time.Duration // what it costs for each line that is read
	Raised  int           // services that it keeps raised now
}

// DayHits is the lines that matched on a day.
type DayHits struct {
	Day  time.Time // its midnight, in local time
	Hits int64
}

// Stats counts. At most so many files are listed.
func (w *Watch) Stats(files int) Stats {
	w.mu.Lock()
	out := Stats{Hosts: len(w.hosts), Rules: w.ruleStats(w.deps.Now()), DroppedSamples: w.dropped}
	w.mu.Unlock()
	if w.follower != nil {
		out.Followed, out.Files = w.follower.Stats(files)
	}
	if w.journald != nil {
		s := w.journald.Stats()
		out.Journald = &s
	}
	if w.kernel != nil {
		s := w.kernel.Stats()
		out.Kernel = &s
	}
	if w.keeper != nil {
		s := w.keeper.Stats()
		out.Kept = &s
	}
	return out
}

func (w *Watch) ruleStats(now time.Time) []RuleStats {
	w.countAll(now)
	out := make([]RuleStats, 0, w.rules.set.Len())
	for _, name := range w.rules.set.Names() {
		extra := w.rules.byName[name]
		out = append(out, RuleStats{RuleStats: logs.RuleStats{Rule: name}, Service: extra.service, Action: extra.action})
	}
	for _, h := range w.hosts {
		for i, s := range h.tracker.Stats().Rules {
			out[i].add(&s)
		}
	}
	raisedBy := map[string]int{}
	for _, r := range w.raised {
		raisedBy[r.Rule]++
	}
	for i := range out {
		out[i].Raised = raisedBy[out[i].Rule]
		out[i].long(w.hits[out[i].Rule], now)
	}
	return out
}

// long adds what is counted over restarts.
func (r *RuleStats) long(of *hits, now time.Time) {
	y, m, d := now.Local().Date()
	for back := hitDays - 1; back >= 0; back-- {
		day := DayHits{Day: time.Date(y, m, d-back, 0, 0, 0, 0, time.Local)}
		if of != nil {
			day.Hits = of.Days[day.Day.Format(dayLayout)]
		}
		r.Days = append(r.Days, day)
	}
	if of == nil {
		return
	}
	r.Total, r.Today = of.Total, r.Days[hitDays-1].Hits
	if of.Lines > 0 {
		r.PerLine = max(0, of.Spent/time.Duration(of.Lines))
	}
}

func (r *RuleStats) add(s *logs.RuleStats) {
	r.Place = s.Place
	r.Tries += s.Tries
	r.Hits += s.Hits
	r.Told += s.Told
	r.Suppressed += s.Suppressed
	r.Held += s.Held
	r.Timeouts += s.Timeouts
	r.Suspended = r.Suspended || s.Suspended
	r.DroppedKeys += s.DroppedKeys
	r.BadNumbers += s.BadNumbers
	r.Spent += s.Spent
}

// Collector shows the figures of the sources and of the rules.
func (w *Watch) Collector() collectors.Collector { return figures{w} }

type figures struct{ *Watch }

// Name is "logs".
func (figures) Name() string { return "logs" }

// Collect adds all figures.
func (f figures) Collect(ctx context.Context, sink collectors.Sink) error {
	s := f.Stats(0)
	for i := range s.Rules {
		r := &s.Rules[i]
		sink.Add(MatchesSeries, float64(r.Total), "rule", r.Rule)
		sink.Add("monitord_log_rule_seconds_per_line", r.PerLine.Seconds(), "rule", r.Rule)
		if r.Timeouts > 0 {
			sink.Add("monitord_log_rule_timeouts_total", float64(r.Timeouts), "rule", r.Rule)
		}
	}
	sink.Add("monitord_log_samples_dropped_total", float64(s.DroppedSamples))
	if s.Journald != nil {
		sink.Add("monitord_log_journald_lines_total", float64(s.Journald.Lines))
		sink.Add("monitord_log_journald_restarts_total", float64(s.Journald.Restarts))
	}
	if s.Kernel != nil {
		sink.Add("monitord_log_kernel_lines_total", float64(s.Kernel.Lines))
		sink.Add("monitord_log_kernel_overwritten_total", float64(s.Kernel.Overwritten))
	}
	if s.Kept != nil {
		sink.Add("monitord_log_kept_bytes", float64(s.Kept.Bytes))
		sink.Add("monitord_log_kept_lines_total", float64(s.Kept.Lines))
		sink.Add("monitord_log_kept_dropped_total", float64(s.Kept.Dropped))
	}
	if f.follower == nil {
		return nil
	}
	return f.follower.Collect(ctx, sink)
}
