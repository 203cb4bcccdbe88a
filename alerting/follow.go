package alerting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// keepClosed is how many closed incidents stay in memory.
const keepClosed = 500

// openIncident opens the incident of a service whose trouble is its own.
func (e *Engine) openIncident(out *outcome, s *entry, at time.Time) {
	e.lastID++
	st := &s.Service
	in := &incident{symptoms: map[checks.Service]bool{}, IncidentRecord: IncidentRecord{Incident: Incident{
		ID: e.lastID, Service: st.Service, State: stateOf(st), Opened: at, Summary: st.Summary, Reason: st.Reason,
		Missed: st.HardState == checks.OK && st.Marks.Has(MarkMissed), Behind: e.behind(keyOf(st.Service)),
	}}}
	if in.Incident.Missed {
		in.Incident.Summary = text.M("alerting.missed", text.Time("last", st.LastCheck))
	}
	e.incidents[e.lastID] = in
	st.Incident = e.lastID
	e.writeIncident(out, in, EventOpened, at)
}

// closeIncident ends the incident of a service. gone says that the service is
// not watched any more rather than well.
func (e *Engine) closeIncident(out *outcome, s *entry, at time.Time, gone bool) {
	in := e.incidents[s.Service.Incident]
	s.Service.Incident = 0
	if in == nil {
		return
	}
	in.Incident.Closed = at
	in.Incident.SymptomCount, in.Incident.Symptoms = in.listed()
	e.writeIncident(out, in, EventClosed, at)
	if gone || policyOf(e.checks[keyOf(s.Service.Service)]).NotifyOn.Has(inventory.NotifyRecovery) {
		e.tellRecovery(out, s, in, gone)
	} else {
		e.withdrawFrom(out, in, e.deps.Now(), "")
	}
	e.release(out, in)
	e.closed = append(e.closed, in.Incident.ID)
	for len(e.closed) > keepClosed {
		delete(e.incidents, e.closed[0])
		e.closed = e.closed[1:]
	}
}

// touch writes an incident without an event.
func (e *Engine) touch(out *outcome, in *incident) {
	e.revision++
	in.Revision = e.revision
	out.change.Incidents = append(out.change.Incidents, in.IncidentRecord)
}

func (e *Engine) writeIncident(out *outcome, in *incident, kind EventKind, at time.Time) {
	e.touch(out, in)
	id := in.Incident.Service
	out.change.Events = append(out.change.Events, Event{At: at, Kind: kind, Host: id.Host, Service: id,
		State: in.Incident.State, Hard: true, Incident: in.Incident.ID})
}

// tellProblem queues what the escalations ask for. Who has a message that is
// not due yet gets this one in its place. Outside the notification period the
// message waits for its next beginning; a recovery before that takes it back.
func (e *Engine) tellProblem(out *outcome, s *entry, in *incident, t transition, at time.Time) {
	e.tellSteps(out, s, in, t, at, func(recipient) bool { return true })
}

// tellRest tells the problem to those whose messages were taken back before
// they were due.
func (e *Engine) tellRest(out *outcome, s *entry, in *incident, at time.Time) {
	e.tellSteps(out, s, in, transition{}, at, func(r recipient) bool {
		return !slices.ContainsFunc(in.messages, func(m Message) bool {
			return m.State != MessageWithdrawn && recipientKey(m.Contact, m.Channel, m.To) == r.key()
		})
	})
}

func (e *Engine) tellSteps(out *outcome, s *entry, in *incident, t transition, at time.Time, whom func(recipient) bool) {
	now := e.deps.Now()
	notice := e.problemNotice(s, in, t)
	var period *timeperiod.Period
	if c := e.checks[keyOf(s.Service.Service)]; c != nil {
		period = c.Judge.NotifyPeriod
	}
	all := recipients(e.inv, in.Incident.Service, in.Incident.State)
	steps := slices.DeleteFunc(slices.Clone(all), func(r recipient) bool { return !whom(r) })
	for _, r := range steps {
		e.withdrawFrom(out, in, now, r.key())
	}
	for _, r := range steps {
		due := in.Incident.Opened.Add(r.after)
		if r.after == 0 {
			due = now // a problem is told now, whenever it was found
		}
		var ever bool
		if due, ever = period.Next(due); !ever {
			continue
		}
		m := e.message(in, r, KindProblem, now)
		m.Due, m.Notice = due, notice
		m.Notice.Others = others(all, r.contact.Name)
		e.queue(out, in, m, at)
	}
}

// tellRecovery tells exactly those who were told, or are about to be: it
// follows their last message. What is not due yet is withdrawn.
func (e *Engine) tellRecovery(out *outcome, s *entry, in *incident, gone bool) {
	now := e.deps.Now()
	e.withdrawFrom(out, in, now, "")
	notice := e.notice(s, in)
	notice.Closed, notice.Gone = in.Incident.Closed, gone
	if in.Incident.Flapping && !gone {
		notice.Calm, notice.Summary = true, calmWords(s, in)
	}
	told := map[string]Message{}
	var order []string
	for _, m := range in.messages {
		if m.State == MessageWithdrawn || m.State == MessageFailed || m.Kind != KindProblem {
			continue
		}
		key := recipientKey(m.Contact, m.Channel, m.To)
		if _, ok := told[key]; !ok {
			order = append(order, key)
		}
		told[key] = m
	}
	for _, key := range order {
		last := told[key]
		m := last
		m.ID = e.messageID(in, KindRecovery, key)
		m.Kind, m.Follows, m.Notice = KindRecovery, last.ID, notice
		m.Notice.Others = last.Notice.Others
		m.Due, m.Queued, m.State = now, now, MessagePending
		m.Attempts, m.Repeats, m.NextAt, m.Sent, m.Answer = 0, 0, time.Time{}, time.Time{}, ""
		e.queue(out, in, m, now)
	}
}

func (e *Engine) queue(out *outcome, in *incident, m Message, at time.Time) {
	in.messages = append(in.messages, m)
	out.change.Messages = append(out.change.Messages, m)
	out.change.Events = append(out.change.Events, MessageEvent(at, EventQueued, m))
}

// withdrawFrom takes back messages that are not due yet, of one recipient or,
// with an empty key, of all.
func (e *Engine) withdrawFrom(out *outcome, in *incident, now time.Time, key string) {
	for i := range in.messages {
		m := &in.messages[i]
		if m.Done() || !m.Due.After(now) || key != "" && key != recipientKey(m.Contact, m.Channel, m.To) {
			continue
		}
		m.State = MessageWithdrawn
		out.withdraw = append(out.withdraw, m.ID)
		out.change.Messages = append(out.change.Messages, *m)
		out.change.Events = append(out.change.Events, MessageEvent(now, EventWithdrawn, *m))
	}
}

func (e *Engine) notice(s *entry, in *incident) Notice {
	st := s.Service
	n := Notice{Service: st.Service, State: st.State, Worst: in.Incident.State, Summary: st.Summary, Reason: st.Reason,
		Phases: st.Phases, Evidence: st.Evidence, Since: st.Since, Opened: in.Incident.Opened, Attempts: st.Attempt}
	if h, ok := e.inv.Host(st.Service.Host); ok {
		n.Address = h.Address
	}
	if st.State == checks.OK {
		n.Evidence = nil
	}
	return n
}

// problemNotice puts what makes this problem special before its summary: the
// number behind it, that results stay away, or that it is flapping.
func (e *Engine) problemNotice(s *entry, in *incident, t transition) Notice {
	n, st := e.notice(s, in), &s.Service
	n.State, n.Behind = stateOf(st), in.Incident.Behind
	switch {
	case st.Marks.Has(MarkFlapping):
		n.Flapping = true
		n.Summary = text.M("alerting.flapping", text.Int("changes", st.Flaps.changes()), text.Ratio("percent", st.FlapPercent/100), text.Sub("summary", st.Summary))
	case t.FlapStopped:
		n.Calm, n.Summary = true, calmWords(s, in)
	case st.HardState == checks.OK && st.Marks.Has(MarkMissed):
		n.Missed = true
		n.Summary = text.M("alerting.missed", text.Time("last", st.LastCheck))
	}
	if n.Behind > 0 {
		n.Summary = text.M("alerting.behind", text.Sub("summary", n.Summary), text.Int("count", n.Behind))
	}
	return n
}

// calmWords says for how long a service was flapping.
func calmWords(s *entry, in *incident) text.Message {
	lasted := s.Service.LastCheck.Sub(later(in.Incident.Opened, s.Service.FlapSince))
	return text.M("alerting.calm", text.Dur("lasted", lasted), text.Sub("summary", s.Service.Summary))
}

// message makes a message to a recipient, in the thread of the earlier ones.
func (e *Engine) message(in *incident, r recipient, kind string, now time.Time) Message {
	m := Message{ID: e.messageID(in, kind, r.key()), Incident: in.Incident.ID, Kind: kind, Contact: r.contact.Name,
		Channel: r.channel.Kind, To: r.channel.To, Form: r.channel.Form, Language: r.contact.Language, Queued: now, State: MessagePending}
	if r.contact.Zone != nil {
		m.Zone = r.contact.Zone.String()
	}
	m.Thread = m.ID
	for _, old := range in.messages {
		if recipientKey(old.Contact, old.Channel, old.To) != r.key() || old.State == MessageWithdrawn {
			continue
		}
		if m.Follows == "" {
			m.Thread = old.ID
		}
		m.Follows = old.ID
	}
	return m
}

// messageID names a message: the same decision has the same name after a crash,
// and no other installation has it.
func (e *Engine) messageID(in *incident, kind, key string) string {
	n := 1
	for _, m := range in.messages {
		if m.Kind == kind && recipientKey(m.Contact, m.Channel, m.To) == key {
			n++
		}
	}
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("i%d.%s%d.%s.%s", in.Incident.ID, kind, n, hex.EncodeToString(sum[:6]), e.instance)
}

// recipient is one contact by one channel, with the delay of its step.
type recipient struct {
	contact inventory.Contact
	channel inventory.Channel
	after   time.Duration
}

func (r recipient) key() string { return recipientKey(r.contact.Name, r.channel.Kind, r.channel.To) }

func recipientKey(contact, channel, to string) string {
	return contact + "\x00" + channel + "\x00" + to
}

// recipients lists who is to be told of a service in a state: the steps of the
// first escalation that matches, each contact by its first channel. A contact
// named twice is told at its earliest step.
func recipients(inv *inventory.Inventory, service checks.Service, state checks.State) []recipient {
	var list []recipient
	for _, esc := range inv.Escalations {
		if !matches(inv, esc.Match, service, state) {
			continue
		}
		for _, st := range esc.Steps {
			i := slices.IndexFunc(inv.Contacts, func(c inventory.Contact) bool { return c.Name == st.To })
			if i < 0 || len(inv.Contacts[i].Channels) == 0 {
				continue
			}
			list = append(list, recipient{inv.Contacts[i], inv.Contacts[i].Channels[0], st.After})
		}
		break
	}
	slices.SortStableFunc(list, func(a, b recipient) int { return int(a.after - b.after) })
	seen := map[string]bool{}
	return slices.DeleteFunc(list, func(r recipient) bool {
		twice := seen[r.key()]
		seen[r.key()] = true
		return twice
	})
}

func matches(inv *inventory.Inventory, m inventory.Match, service checks.Service, state checks.State) bool {
	if m.Severity != nil && m.Severity.Worse(state) {
		return false
	}
	if len(m.Hosts) > 0 && !slices.Contains(m.Hosts, service.Host) ||
		len(m.Checks) > 0 && !slices.Contains(m.Checks, service.Check) {
		return false
	}
	if len(m.Groups) == 0 {
		return true
	}
	h, ok := inv.Host(service.Host)
	return ok && slices.ContainsFunc(h.Groups, func(have string) bool {
		return slices.ContainsFunc(m.Groups, func(want string) bool {
			return have == want || strings.HasPrefix(have, want+"/")
		})
	})
}

// others lists the contacts of steps other than one, sorted.
func others(steps []recipient, name string) []string {
	var list []string
	for _, r := range steps {
		if r.contact.Name != name {
			list = append(list, r.contact.Name)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
