package oncall

import (
	"slices"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/timeperiod"
)

// Planned is one moment of a plan: somebody is told, or is not reached.
type Planned struct {
	At        time.Time
	Step      int // 1 is the first
	Round     int // how often the step was taken by then
	Recipient Recipient
	Absent    *Absent // set: the step names somebody whom it does not reach
}

// Case is what a simulation is about: a problem that is confirmed at a moment,
// that nobody takes and that does not end, with hand-overs that are confirmed at
// once.
type Case struct {
	Service checks.Service
	State   checks.State
	At      time.Time
	For     time.Duration      // how long it is looked at
	Period  *timeperiod.Period // notify_period of the check
	Limit   int                // at most so many moments; 0: 10,000
}

// Simulate says who would be told when. The escalation is nil when none fits.
func Simulate(inv *inventory.Inventory, c Case) (*inventory.Escalation, []Planned) {
	e := Match(inv, c.Service, c.State, c.At)
	if e == nil {
		return nil, nil
	}
	p := Begin(e, c.At)
	return e, p.plan(inv, e, c)
}

// plan takes the steps from the case's moment on.
func (p *Progress) plan(inv *inventory.Inventory, e *inventory.Escalation, c Case) []Planned {
	if c.Limit <= 0 {
		c.Limit = 10000
	}
	var plan []Planned
	for now, end := c.At, c.At.Add(c.For); len(plan) < c.Limit; {
		next, ever := p.Next(e, false)
		if !ever {
			return plan
		}
		if next.After(now) {
			now = next
		}
		if now, ever = c.Period.Next(now); !ever || now.After(end) {
			return plan
		}
		plan = append(plan, p.moment(inv, e, now)...)
	}
	return plan
}

// moment takes all steps that are due, also those that follow at once because a
// step reached nobody.
func (p *Progress) moment(inv *inventory.Inventory, e *inventory.Escalation, now time.Time) []Planned {
	var plan []Planned
	seen := map[string]bool{}
	for again := true; again; {
		again = false
		for _, i := range p.Take(e, now, false) {
			reached, absent := Recipients(inv, e.Steps[i], now)
			for _, a := range absent {
				plan = append(plan, Planned{At: now, Step: i + 1, Round: p.Steps[i].Told, Absent: &a})
			}
			for _, r := range reached {
				if !seen[r.Key()] {
					seen[r.Key()] = true
					plan = append(plan, Planned{At: now, Step: i + 1, Round: p.Steps[i].Told, Recipient: r})
				}
			}
			if len(reached) == 0 {
				again = p.Skip(false, e) || again
			}
		}
	}
	return plan
}

// Ahead says who will be told next while nobody takes the problem: the plan goes
// on from where the progress of an incident is.
func Ahead(inv *inventory.Inventory, p Progress, c Case) []Planned {
	e := Named(inv, p.Escalation)
	if e == nil {
		return nil
	}
	p.Steps = slices.Clone(p.Steps)
	p.Fit(e, c.At)
	return p.plan(inv, e, c)
}
