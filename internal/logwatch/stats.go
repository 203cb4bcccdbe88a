package logwatch

import (
	"time"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
)

// Stats is how a Watch does.
type Stats struct {
	Rules []RuleStats // in their order
	Hosts int         // that rules count for
	// Followed are totals of the files, and Files those that need attention most.
	Followed logfile.Totals
	Files    []logfile.FileStats
}

// RuleStats is how one rule does, all hosts together. Its counts are since the
// start, or since the rule was changed.
type RuleStats struct {
	logs.RuleStats
	PerLine time.Duration // of each line read, what this rule costs
	Raised  int           // services that it keeps raised now
}

// Stats counts. At most files are listed.
func (w *Watch) Stats(files int) Stats {
	w.mu.Lock()
	out := Stats{Hosts: len(w.hosts)}
	raisedBy := map[string]int{}
	for _, r := range w.raised {
		raisedBy[r.Rule]++
	}
	lines := int64(0)
	for _, h := range w.hosts {
		s := h.tracker.Stats()
		lines += s.Lines
		if out.Rules == nil {
			out.Rules = make([]RuleStats, len(s.Rules))
		}
		for i := range s.Rules {
			out.Rules[i].add(&s.Rules[i])
		}
	}
	w.mu.Unlock()
	for i := range out.Rules {
		r := &out.Rules[i]
		r.Raised = raisedBy[r.Rule]
		if lines > 0 {
			r.PerLine = r.Spent / time.Duration(lines)
		}
	}
	if w.follower != nil {
		out.Followed, out.Files = w.follower.Stats(files)
	}
	return out
}

func (r *RuleStats) add(s *logs.RuleStats) {
	r.Rule, r.Place = s.Rule, s.Place
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
