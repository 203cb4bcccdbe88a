package oncall

import (
	"time"

	"monitord/internal/inventory"
)

// Progress is how far the steps of an escalation have come for one incident. It
// is kept with the incident; its zero value has no escalation.
type Progress struct {
	Escalation string    `json:",omitempty"` // name; empty: nobody is told
	Start      time.Time // After of each step counts from here
	Steps      []StepProgress
}

// StepProgress is how far one step has come.
type StepProgress struct {
	Told int       // how often it was taken
	Last time.Time // when it was taken last
	Now  bool      // it is taken at once: the step before it reached nobody
}

// Begin starts an escalation anew.
func Begin(e *inventory.Escalation, start time.Time) Progress {
	return Progress{Escalation: e.Name, Start: start, Steps: make([]StepProgress, len(e.Steps))}
}

// Fit makes the progress fit an escalation that was changed by a reload: new
// steps whose time has passed count as taken, so that a reload tells nobody.
func (p *Progress) Fit(e *inventory.Escalation, now time.Time) {
	if p.Escalation == e.Name && len(p.Steps) == len(e.Steps) {
		return
	}
	p.Escalation = e.Name
	old := p.Steps
	p.Steps = make([]StepProgress, len(e.Steps))
	for i := range p.Steps {
		if i < len(old) {
			p.Steps[i] = old[i]
		} else if !p.Start.Add(e.Steps[i].After).After(now) {
			p.Steps[i] = StepProgress{Told: 1, Last: now}
		}
	}
}

// due is when a step is to be taken next; false: never.
func (p *Progress) due(e *inventory.Escalation, i int, acked bool) (time.Time, bool) {
	step, have := e.Steps[i], p.Steps[i]
	switch {
	case acked && !step.UntilClosed:
		return time.Time{}, false
	case have.Told == 0 && have.Now:
		return p.Start, true
	case have.Told == 0:
		return p.Start.Add(step.After), true
	case step.Repeat == 0 || step.Times > 0 && have.Told >= step.Times:
		return time.Time{}, false
	}
	return have.Last.Add(step.Repeat), true
}

// slack is how late a step may be taken and still count as taken in time, so
// that its repeats do not drift.
const slack = 5 * time.Second

// Take returns the steps that are due and marks them as taken, in order. acked
// says that somebody has the problem.
func (p *Progress) Take(e *inventory.Escalation, now time.Time, acked bool) []int {
	var list []int
	for i := range e.Steps {
		if at, ever := p.due(e, i, acked); ever && !at.After(now) {
			p.Steps[i].Told++
			p.Steps[i].Last, p.Steps[i].Now = now, false
			if now.Sub(at) < slack {
				p.Steps[i].Last = at
			}
			list = append(list, i)
		}
	}
	return list
}

// Next is when the next step is due; false when none will be.
func (p *Progress) Next(e *inventory.Escalation, acked bool) (next time.Time, ever bool) {
	for i := range e.Steps {
		if at, ok := p.due(e, i, acked); ok && (!ever || at.Before(next)) {
			next, ever = at, true
		}
	}
	return next, ever
}

// Skip has the next step that was not taken yet taken at once: the others
// reached nobody who takes the problem. It reports whether there is one.
func (p *Progress) Skip(acked bool, e *inventory.Escalation) bool {
	for i := range p.Steps {
		if _, ever := p.due(e, i, acked); ever && p.Steps[i].Told == 0 {
			p.Steps[i].Now = true
			return true
		}
	}
	return false
}
