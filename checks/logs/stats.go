package logs

import (
	"slices"
	"time"

	"monitord/internal/config"
)

// RuleStats is how one rule does. All are counts since the Tracker was made.
type RuleStats struct {
	Rule        string
	Place       config.Place
	Tries       int64         // lines that the expression was tried on
	Hits        int64         // lines that matched
	Told        int64         // matches that were handed out
	Suppressed  int64         // by thresholds
	Held        int64         // by a condition that did not hold
	Timeouts    int64         // lines on which the backtracking engine ran out of time
	Suspended   bool          // it did so too often: it is not tried for a while
	DroppedKeys int64         // keys forgotten because there were too many
	BadNumbers  int64         // samples that were no number
	Spent       time.Duration // in the expression; reckoned from every 16th try
}

// Stats is how all do.
type Stats struct {
	Since time.Time
	Lines int64
	Bytes int64
	Cut   int64 // lines beyond the limit
	Rules []RuleStats
}

// CostPerLine is a rule's share of the time for each line read.
func (s Stats) CostPerLine(r RuleStats) time.Duration {
	if s.Lines == 0 {
		return 0
	}
	return r.Spent / time.Duration(s.Lines)
}

// Lines is how many lines were read, as in Stats.
func (t *Tracker) Lines() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lines
}

// Stats copies the counts.
func (t *Tracker) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := Stats{Since: t.start, Lines: t.lines, Bytes: t.bytes, Cut: t.cut}
	for _, s := range t.stats {
		r := s.RuleStats
		if s.timed > 0 {
			r.Spent = time.Duration(float64(s.timedFor) / float64(s.timed) * float64(r.Tries))
		}
		out.Rules = append(out.Rules, r)
	}
	return out
}

// tally is what a Matcher counts by itself, and hands over after each block: the
// lock is not taken for each line.
type tally struct {
	lines, bytes, cut int64
	rules             []ruleTally
}

type ruleTally struct {
	tries, timeouts, timed int64
	timedFor               time.Duration
}

// ruleStats adds how long the timed tries took.
type ruleStats struct {
	RuleStats
	timed    int64
	timedFor time.Duration
}

func (t *Tracker) add(c *tally) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines += c.lines
	t.bytes += c.bytes
	t.cut += c.cut
	for i, r := range c.rules {
		if r.tries > 0 {
			t.stats[i].Tries += r.tries
			t.stats[i].Timeouts += r.timeouts
			t.stats[i].timed += r.timed
			t.stats[i].timedFor += r.timedFor
		}
	}
	clear(c.rules)
	*c = tally{rules: c.rules}
}

// strikes remembers when a rule's expression ran out of time.
type strikes struct {
	times []time.Time
	until time.Time // suspended until then
}

const (
	// maxStrikes within strikeWindow suspend a rule for suspension: at a tenth of
	// a second each they have cost half a second of a minute.
	maxStrikes   = 5
	strikeWindow = time.Minute
	suspension   = 10 * time.Minute
)

// strike notes one and reports whether the rule is suspended by it.
func (s *strikes) strike(now time.Time) bool {
	s.times = append(slices.DeleteFunc(s.times, func(t time.Time) bool { return now.Sub(t) > strikeWindow }), now)
	if len(s.times) < maxStrikes {
		return false
	}
	s.times, s.until = nil, now.Add(suspension)
	return true
}

func (t *Tracker) suspend(rule int, on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stats[rule].Suspended = on
}
