package logs

import (
	"context"
	"math"
	"time"
)

const (
	// judgeTimeout bounds what a rule waits for the store.
	judgeTimeout = time.Second
	// judgedFor is how long an answer serves: a burst of lines asks once.
	judgedFor = 5 * time.Second
	// maxJudged bounds the answers that are kept.
	maxJudged = 1000
)

// judged is an answer that was given lately.
type judged struct {
	at           time.Time
	holds, known bool
}

// judge asks whether a condition holds.
func (t *Tracker) judge(ctx context.Context, c *condition) (holds, known bool) {
	if c.service != "" {
		if t.deps.StateOf == nil {
			return false, false
		}
		state, known := t.deps.StateOf(c.service)
		for _, want := range c.states {
			holds = holds || state == want
		}
		return holds, known
	}
	if t.deps.Query == nil {
		return false, false
	}
	now := time.Now()
	t.mu.Lock()
	last, ok := t.conds[c.query]
	t.mu.Unlock()
	if ok && now.Sub(last.at) < judgedFor {
		return last.holds, last.known
	}
	ctx, cancel := context.WithTimeout(ctx, judgeTimeout)
	defer cancel()
	points, err := t.deps.Query(ctx, c.query, now)
	for _, p := range points {
		holds = holds || p.Value != 0 && !math.IsNaN(p.Value)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.conds) >= maxJudged {
		clear(t.conds)
	}
	t.conds[c.query] = judged{at: now, holds: holds, known: err == nil}
	return holds, err == nil
}
