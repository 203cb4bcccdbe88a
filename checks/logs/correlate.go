package logs

import (
	"time"
)

// pair tells when A came and B did not within a time.
type pair struct{ without expr }

// waiting is an A whose B has not come yet.
type waiting struct {
	Due   time.Time `json:"due"`
	Match *Match    `json:"match"` // what is told when B does not come
}

// progress is how far a sequence has come.
type progress struct {
	Step  int       `json:"step"` // the next one that is wanted
	Since time.Time `json:"since"`
	line  int64     // that made the last step: one line makes one
}

// distinct counts the different values of a group.
type distinct struct {
	of    template
	count int
}

// values are those seen lately.
type values struct {
	Seen map[string]time.Time `json:"seen"`
}

// add notes a value and reports whether count different ones came within a time;
// they are used up then. At most count values are kept.
func (v *values) add(value string, now time.Time, count int, within time.Duration) bool {
	for old, at := range v.Seen {
		if d := now.Sub(at); d >= within || d <= -within {
			delete(v.Seen, old)
		}
	}
	if v.Seen == nil {
		v.Seen = map[string]time.Time{}
	}
	v.Seen[cutKey(value)] = now
	if len(v.Seen) < count {
		return false
	}
	clear(v.Seen)
	return true
}

func (v *values) newest() time.Time {
	var last time.Time
	for _, at := range v.Seen {
		if at.After(last) {
			last = at
		}
	}
	return last
}

// ruleState is what is remembered of one rule.
type ruleState struct {
	Definition string            `json:"definition"`
	Forged     time.Time         `json:"forged,omitzero"` // when a line last came that anybody could have sent
	Gates      []*keyed[counter] `json:"gates,omitempty"`
	Waiting    *keyed[waiting]   `json:"waiting,omitempty"`
	Progress   *keyed[progress]  `json:"progress,omitempty"`
	Values     *keyed[values]    `json:"values,omitempty"`
	Expect     *expectState      `json:"expect,omitempty"`
}

// advance makes a step of a sequence; done says that it was the last.
func (s *ruleState) advance(r *Rule, step int, key string, now time.Time, line int64) (done, dropped bool) {
	p := s.Progress.get(key)
	late := p != nil && (now.Sub(p.Since) > r.within || p.Since.Sub(now) > r.within)
	if late {
		s.Progress.remove(key)
		p = nil
	}
	if step == 0 {
		if p == nil {
			dropped = s.Progress.put(key, &progress{Step: 1, Since: now, line: line})
		}
		return false, dropped
	}
	if p == nil || p.Step != step || p.line == line {
		return false, false
	}
	p.line = line
	if p.Step++; p.Step <= len(r.then) {
		return false, false
	}
	s.Progress.remove(key)
	return true, false
}

// sweep forgets what is over.
func (s *ruleState) sweep(r *Rule, gates []*gate, now time.Time) {
	for i, g := range gates {
		s.Gates[i].expire(func(_ string, c *counter) bool { return g.over(c, now) })
	}
	if s.Progress != nil {
		s.Progress.expire(func(_ string, p *progress) bool { return now.Sub(p.Since) > r.within })
	}
	if s.Values != nil {
		s.Values.expire(func(_ string, v *values) bool { return now.Sub(v.newest()) > r.within })
	}
}
