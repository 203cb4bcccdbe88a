package trend

import "slices"

const maxFindings = 6

// find is the open finding of one of the kinds.
func (s *state) find(kinds ...Kind) *Finding {
	for i := range s.Findings {
		if f := &s.Findings[i]; f.ID != 0 && f.Open() && slices.Contains(kinds, f.Kind) {
			return f
		}
	}
	return nil
}

// busy tells whether the series behaves in a way that is not to be learned. A
// rhythm that came is learned.
func (s *state) busy() bool {
	f := s.find(Surge, Drop, Pattern)
	return f != nil && f.Form != RhythmNew && !s.Change.Accepted
}

// open starts a finding in the place of the one that ended first.
func (d *Detector) open(f Finding, week int64) *Finding {
	if !d.cfg.wants(f.Kind) {
		return nil
	}
	s := &d.s
	s.NextID++
	d.news = f.Kind
	f.ID, f.Found, f.Changed = s.NextID, d.at, d.at
	if f.Kind != Limit {
		c, _ := s.Normal.now(week, s.Origin)
		f.Was = c + s.Origin
		f.Now = s.Raw
		if d.cfg.Counter {
			f.Now = s.Value
		}
	}
	at := 0
	for i, old := range s.Findings {
		if old.ID == 0 {
			at = i
			break
		}
		if !old.Open() && (s.Findings[at].Open() || old.Ended < s.Findings[at].Ended) {
			at = i
		}
	}
	s.Findings[at] = f
	slices.SortStableFunc(s.Findings[:], func(a, b Finding) int {
		switch {
		case a.ID == 0 || b.ID == 0:
			return int(min(b.ID, 1)) - int(min(a.ID, 1))
		default:
			return int(a.ID) - int(b.ID)
		}
	})
	for i := range s.Findings {
		if s.Findings[i].ID == f.ID {
			return &s.Findings[i]
		}
	}
	return nil
}

// end closes a finding.
func (f *Finding) end(now int64) {
	f.Ended, f.Changed = now, now
}

// worsen raises the severity; a finding does not become milder before it ends.
func (f *Finding) worsen(to uint8, now int64) {
	if to > f.Severity {
		f.Severity, f.Changed = to, now
	}
}
