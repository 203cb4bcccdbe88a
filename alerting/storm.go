package alerting

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/text"
)

// storm is what one recipient is spared: after so many pages within the window,
// one page with counts stands for what comes beyond. In memory only; after a
// restart it is made of the messages.
type storm struct {
	pages []time.Time // when somebody was to be told, in the last window
	page  Message     // the last one that stands for others; its ID is "" while there is none
	first string      // ID of the first one of this storm
	home  *incident   // in whose ledger the pages are
	held  []*incident // that it stands for, in the order held
	told  int         // how many the last page spoke of
}

// stormNames is how many services a storm's page names.
const stormNames = 8

func (e *Engine) stormOf(key string) *storm {
	if e.storms[key] == nil {
		e.storms[key] = &storm{}
	}
	return e.storms[key]
}

// admit queues a problem, or holds it back when its recipient has had enough:
// then the first one held is told with a page that stands for all.
func (e *Engine) admit(out *outcome, in *incident, r oncall.Recipient, m Message, at time.Time) {
	limit := e.inv.Storm
	if limit.Pages == 0 {
		e.queue(out, in, m, at)
		return
	}
	st := e.stormOf(r.Key())
	st.pages = slices.DeleteFunc(st.pages, func(t time.Time) bool { return m.Queued.Sub(t) >= limit.Within })
	st.pages = append(st.pages, m.Queued)
	if len(st.pages) > 4*limit.Pages { // enough to know that it goes on
		st.pages = slices.Delete(st.pages, 0, 1)
	}
	if len(st.pages) <= limit.Pages {
		e.queue(out, in, m, at)
		return
	}
	if !slices.Contains(st.held, in) {
		st.held = append(st.held, in)
	}
	if st.first == "" {
		st.home = in
		page := e.stormPage(st, m, at)
		st.first = page.ID
		e.queue(out, in, page, at)
	}
	m.State, m.Follows = MessageHeld, st.first
	in.messages = append(in.messages, m)
	out.change.Messages = append(out.change.Messages, m)
	out.change.Events = append(out.change.Events, MessageEvent(at, EventHeld, m))
}

// stormPage is the next page of a storm, to the recipient of m.
func (e *Engine) stormPage(st *storm, m Message, at time.Time) Message {
	m.Kind, m.ID = KindStorm, e.messageID(st.home, KindStorm, keyOfMessage(m))
	if st.first != "" {
		m.Follows, m.Thread = st.page.ID, st.first
	} else {
		m.Thread = m.ID
	}
	m.State, m.Due, m.Queued, m.Incident = MessagePending, at, at, st.home.Incident.ID
	open, worst, names := st.open()
	m.Notice.Storm, m.Notice.State, m.Notice.Worst, m.Notice.Evidence, m.Notice.Phases = len(st.held), worst, worst, nil, nil
	m.Notice.Summary = text.M("alerting.storm", text.Int("count", open), text.Str("names", names))
	st.page, st.told = m, len(st.held)
	return m
}

// open counts what a storm stands for and is not over, and names the first.
func (st *storm) open() (count int, worst checks.State, names string) {
	for _, in := range st.held {
		if !in.Incident.Closed.IsZero() {
			continue
		}
		if in.Incident.State.Worse(worst) {
			worst = in.Incident.State
		}
		switch count++; {
		case count <= stormNames && names != "":
			names += ", " + in.Incident.Service.String()
		case count <= stormNames:
			names = in.Incident.Service.String()
		case count == stormNames+1:
			names += ", …"
		}
	}
	return count, worst, names
}

// tickStorms tells how a storm goes on, at most once a window, and when all of
// it is well.
func (e *Engine) tickStorms(out *outcome, now time.Time) {
	for key, st := range e.storms {
		if st.first == "" {
			if n := len(st.pages); n == 0 || now.Sub(st.pages[n-1]) >= e.inv.Storm.Within {
				delete(e.storms, key)
			}
			continue
		}
		count, _, _ := st.open()
		switch {
		case count == 0:
			e.queue(out, st.home, e.stormOver(st, now), now)
			delete(e.storms, key)
		case len(st.held) > st.told && now.Sub(st.page.Queued) >= e.inv.Storm.Within:
			e.queue(out, st.home, e.stormPage(st, st.page, now), now)
		}
	}
}

// stormOver is the recovery of a storm: one for all that it stood for.
func (e *Engine) stormOver(st *storm, now time.Time) Message {
	m := st.page
	m.Kind, m.ID = KindRecovery, e.messageID(st.home, KindRecovery, keyOfMessage(m))
	m.Follows, m.Thread, m.State, m.Due, m.Queued = st.page.ID, st.first, MessagePending, now, now
	m.Attempts, m.Repeats, m.NextAt, m.Sent, m.Answer, m.Passed = 0, 0, time.Time{}, time.Time{}, "", false
	m.Notice.State, m.Notice.Closed, m.Notice.Storm = checks.OK, now, len(st.held)
	m.Notice.Summary = text.M("alerting.storm_over", text.Int("count", len(st.held)))
	return m
}

// recallStorms finds the storms that were not over at the end of the last run.
func (e *Engine) recallStorms() {
	firsts := map[string]*storm{}
	var ids []int64
	for id := range e.incidents {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		e.recallPages(e.incidents[id], firsts)
	}
	for _, id := range ids {
		for _, m := range e.incidents[id].messages {
			if st := firsts[m.Follows]; m.State == MessageHeld && st != nil && !slices.Contains(st.held, e.incidents[id]) {
				st.held = append(st.held, e.incidents[id])
			}
		}
	}
	for _, st := range firsts {
		st.told = st.page.Notice.Storm
	}
}

// recallPages finds the storms whose pages are in the ledger of an incident.
func (e *Engine) recallPages(in *incident, firsts map[string]*storm) {
	for _, m := range in.messages {
		switch {
		case m.Kind == KindStorm:
			first := cmp.Or(m.Thread, m.ID)
			st := &storm{page: m, first: first, home: in, pages: []time.Time{m.Queued}}
			firsts[first], e.storms[keyOfMessage(m)] = st, st
		case m.Kind == KindRecovery && m.Notice.Storm > 0:
			delete(firsts, m.Thread)
			delete(e.storms, keyOfMessage(m))
		}
	}
}

// TakeStorm takes, for whoever answers the page of a storm, every incident that
// it stands for and that nobody has. It returns how many those were; none is
// ErrTaken.
func (e *Engine) TakeStorm(ctx context.Context, page Message, ack Ack) (taken int, err error) {
	first := cmp.Or(page.Thread, page.ID)
	e.mu.Lock()
	var ids []int64
	for id, in := range e.incidents {
		held := slices.ContainsFunc(in.messages, func(m Message) bool {
			return m.State == MessageHeld && m.Follows == first && keyOfMessage(m) == keyOfMessage(page)
		})
		if held && in.Incident.Closed.IsZero() {
			ids = append(ids, id)
		}
	}
	e.mu.Unlock()
	slices.Sort(ids)
	for _, id := range ids {
		switch _, one := e.TakeIncident(ctx, id, ack); {
		case one == nil:
			taken++
		case !errors.Is(one, ErrTaken) && !errors.Is(one, ErrIncidentOver) && !errors.Is(one, ErrNoProblem):
			err = errors.Join(err, one)
		}
	}
	if taken == 0 && err == nil {
		err = ErrTaken
	}
	return taken, err
}
