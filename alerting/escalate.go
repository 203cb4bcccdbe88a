package alerting

import (
	"slices"
	"time"

	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/timeperiod"
)

// Telling is how far telling of an incident has come. It is kept with it, so
// that steps go on after a restart where they were.
type Telling struct {
	oncall.Progress
	State    checks.State // the worst that was told
	Again    bool         // those who were told are to be told again
	FellBack []string     `json:",omitempty"` // IDs of messages in whose place another channel was tried
}

// tellAgain has a problem told: from the first step on when it is new, given
// back or has become worse in the eyes of another escalation; otherwise again to
// those who were told, while the steps go on.
func (e *Engine) tellAgain(out *outcome, s *entry, in *incident) {
	tel, now := &in.Incident.Telling, e.deps.Now()
	in.look = time.Time{}
	first, worse := s.Service.Pages == 0, in.Incident.State.Worse(tel.State)
	if !first && !worse {
		tel.Again = tel.Escalation != ""
		e.touch(out, in)
		return
	}
	esc := oncall.Match(e.inv, in.Incident.Service, in.Incident.State, now)
	tel.State = in.Incident.State
	switch {
	case esc == nil:
		tel.Progress = oncall.Progress{}
	case first:
		tel.Progress = oncall.Begin(esc, in.Incident.Opened)
	case esc.Name != tel.Escalation:
		tel.Progress = oncall.Begin(esc, now)
	default:
		tel.Again = true
	}
	e.touch(out, in)
}

// escalate takes the steps that are due, and tries other channels where a
// hand-over was not confirmed. It costs nothing before something is due.
func (e *Engine) escalate(out *outcome, s *entry, in *incident, t transition, acked bool, at time.Time) {
	now := e.deps.Now()
	if now.Before(in.look) {
		return
	}
	tel := &in.Incident.Telling
	esc := oncall.Named(e.inv, tel.Escalation)
	if esc == nil {
		if tel.Escalation != "" { // a reload took it away
			esc = oncall.Match(e.inv, in.Incident.Service, in.Incident.State, now)
		}
		if esc == nil {
			in.look = now.Add(longAway)
			return
		}
	}
	tel.Fit(esc, now)
	period := e.notifyPeriod(s)
	if !period.Contains(now) {
		in.look = lookAt(period.Next(now))
		return
	}
	f := firing{engine: e, out: out, in: in, esc: esc, now: now, at: at, acked: acked, notice: e.problemNotice(s, in, t), seen: map[string]bool{}}
	if !acked {
		f.again()
		f.fallBack()
	}
	f.steps()
	if f.changed {
		e.touch(out, in)
	}
	in.look = f.next(period)
}

func lookAt(t time.Time, ever bool) time.Time {
	if !ever {
		return t.Add(longAway)
	}
	return t
}

func (e *Engine) notifyPeriod(s *entry) *timeperiod.Period {
	if c := e.checks[keyOf(s.Service.Service)]; c != nil {
		return c.Judge.NotifyPeriod
	}
	return nil
}

// firing is one look at what there is to tell of one incident.
type firing struct {
	engine  *Engine
	out     *outcome
	in      *incident
	esc     *inventory.Escalation
	now, at time.Time
	acked   bool
	notice  Notice
	seen    map[string]bool // recipients told in this look
	changed bool
}

// again tells those of the steps that were taken.
func (f *firing) again() {
	tel := &f.in.Incident.Telling
	if !tel.Again {
		return
	}
	tel.Again, f.changed = false, true
	for i := range f.esc.Steps {
		if tel.Steps[i].Told > 0 {
			f.step(i)
		}
	}
}

// steps takes what is due; a step that reaches nobody is followed by the next.
func (f *firing) steps() {
	tel := &f.in.Incident.Telling
	for again := true; again; {
		again = false
		for _, i := range tel.Take(f.esc, f.now, f.acked) {
			f.changed = true
			if reached := f.step(i); !reached {
				again = tel.Skip(f.acked, f.esc) || again
			}
		}
	}
}

// step tells everybody whom a step reaches now.
func (f *firing) step(i int) (reached bool) {
	list, _ := oncall.Recipients(f.engine.inv, f.esc.Steps[i], f.now)
	for _, r := range list {
		f.tell(r, i+1, f.in.Incident.Telling.Steps[i].Told)
	}
	return len(list) > 0
}

// tell queues one message, once a look and recipient.
func (f *firing) tell(r oncall.Recipient, step, round int) {
	if f.seen[r.Key()] {
		return
	}
	f.seen[r.Key()], f.changed = true, true
	m := f.engine.message(f.in, r, KindProblem, f.now)
	m.Step, m.Round, m.Notice = step, round, f.notice
	m.Notice.Others = f.others(r.Contact.Name)
	f.engine.admit(f.out, f.in, r, m, f.at)
}

// others lists who else was told of the incident, sorted.
func (f *firing) others(name string) []string {
	var list []string
	for _, m := range f.in.messages {
		if m.Contact != name && m.told() {
			list = append(list, m.Contact)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// lost says that a message did not reach anybody who takes the problem: it
// failed, was passed on, or was not confirmed in time.
func (f *firing) lost(m Message) bool {
	switch {
	case m.Kind != KindProblem || m.Step == 0 || m.State == MessageWithdrawn || m.State == MessageHeld:
		return false
	case m.State == MessageFailed || m.Passed:
		return true
	case m.State == MessageSent || m.Within == 0:
		return false
	}
	return !f.now.Before(m.Due.Add(m.Within))
}

// fallBack tries the next channel of a contact whose message is lost. When it
// has none, and the others of the step are lost too, the next step is taken.
func (f *firing) fallBack() {
	tel := &f.in.Incident.Telling
	for _, m := range slices.Clone(f.in.messages) {
		if !f.lost(m) || m.Step > len(f.esc.Steps) || slices.Contains(tel.FellBack, m.ID) {
			continue
		}
		tel.FellBack, f.changed = append(tel.FellBack, m.ID), true
		c, known := f.engine.inv.Contact(m.Contact)
		if known && !m.Passed {
			if r, ok := oncall.Next(c, f.esc.Steps[m.Step-1], m.Channel, m.To, f.now); ok {
				f.tell(r, m.Step, m.Round)
				continue
			}
		}
		if f.roundIsLost(m.Step, m.Round) {
			tel.Skip(f.acked, f.esc)
		}
	}
}

// roundIsLost reports whether nobody whom a step told in a round is left who
// may still take the problem.
func (f *firing) roundIsLost(step, round int) bool {
	return !slices.ContainsFunc(f.in.messages, func(m Message) bool {
		return m.Step == step && m.Round == round && m.Kind == KindProblem && m.told() && !f.lost(m)
	})
}

// next is when there is something to look at again.
func (f *firing) next(period *timeperiod.Period) time.Time {
	next, ever := f.in.Incident.Telling.Next(f.esc, f.acked)
	if ever {
		next = lookAt(period.Next(next))
	} else {
		next = f.now.Add(longAway)
	}
	for _, m := range f.in.messages {
		if m.Kind == KindProblem && !m.Done() && m.Within > 0 {
			if by := m.Due.Add(m.Within); by.After(f.now) && by.Before(next) {
				next = by
			}
		}
	}
	return next
}
