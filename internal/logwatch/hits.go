package logwatch

import (
	"encoding/json"
	"time"

	"monitord/internal/logkeys"
)

const (
	// hitDays is how many days hits are counted apart.
	hitDays = 14
	// hitsEvery is how often the counts are kept: a crash forgets no more.
	hitsEvery = 10 * time.Second
	dayLayout = "2006-01-02"
)

// hits is what is counted of a rule for as long as there is a rule of that name.
type hits struct {
	Total int64            `json:"total"` // lines that matched
	Lines int64            `json:"lines"` // that were read
	Spent time.Duration    `json:"spent"` // in its expression
	Days  map[string]int64 `json:"days"`  // matches by day, in local time
}

// tally is what was counted of a rule of a host already.
type tally struct {
	hits, lines int64
	spent       time.Duration
}

// count adds what a host's rules did since it was last asked.
func (w *Watch) count(h *host, now time.Time) {
	if h.tracker.Lines() == h.lines {
		return
	}
	stats := h.tracker.Stats()
	h.lines = stats.Lines
	if h.counted == nil {
		h.counted = make([]tally, len(stats.Rules))
	}
	day := now.Local().Format(dayLayout)
	for i := range stats.Rules {
		r, was := &stats.Rules[i], &h.counted[i]
		if !w.rules.known(r.Rule) {
			continue
		}
		of := w.hits[r.Rule]
		if of == nil {
			of = &hits{Days: map[string]int64{}}
			w.hits[r.Rule] = of
		}
		if n := r.Hits - was.hits; n > 0 {
			of.Total += n
			of.Days[day] += n
		}
		of.Lines += stats.Lines - was.lines
		of.Spent += r.Spent - was.spent
		*was = tally{hits: r.Hits, lines: stats.Lines, spent: r.Spent}
		w.hitsChanged = true
	}
}

// countAll counts all hosts, and forgets days of long ago.
func (w *Watch) countAll(now time.Time) {
	for _, h := range w.hosts {
		w.count(h, now)
	}
	oldest := now.Local().AddDate(0, 0, 1-hitDays).Format(dayLayout)
	for rule, of := range w.hits {
		if !w.rules.known(rule) {
			delete(w.hits, rule)
			continue
		}
		for day := range of.Days {
			if day < oldest {
				delete(of.Days, day)
			}
		}
	}
}

func (r *Rules) known(rule string) bool {
	_, known := r.byName[rule]
	return known
}

// recallHits takes over the counts.
func (w *Watch) recallHits() {
	raw := w.deps.Kept[hitsName]
	if raw == "" {
		return
	}
	if err := json.Unmarshal([]byte(raw), &w.hits); err != nil {
		w.deps.Logger.Warn("hits of log rules are counted from the beginning", logkeys.Err, err)
		w.hits = map[string]*hits{}
	}
	for _, of := range w.hits {
		if of.Days == nil {
			of.Days = map[string]int64{}
		}
	}
}
