package alerting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"monitord/alerting/oncall"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// keepClosed is how many closed incidents stay in memory.
const keepClosed = 500

// openIncident opens the incident of a service whose trouble is its own.
func (e *Engine) openIncident(out *outcome, s *entry, at time.Time) *incident {
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
	return in
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
	// What is written may come late, behind it the recovery; nobody is rung for
	// what is over.
	e.withdraw(out, in, e.deps.Now(), func(m Message) bool { return m.Rings })
	if gone || policyOf(e.checks[keyOf(s.Service.Service)]).NotifyOn.Has(inventory.NotifyRecovery) {
		e.tellRecovery(out, s, in, gone)
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

// tellRecovery tells exactly those who were told, or are about to be, each by
// the channels of the messages that they follow. Who was only rung is told by a
// channel that does not ring, where there is one.
func (e *Engine) tellRecovery(out *outcome, s *entry, in *incident, gone bool) {
	now := e.deps.Now()
	notice := e.notice(s, in)
	notice.Closed, notice.Gone = in.Incident.Closed, gone
	if in.Incident.Flapping && !gone {
		notice.Calm, notice.Summary = true, calmWords(s, in)
	}
	for _, last := range in.toldLast(e.inv) {
		m := last.Message
		m.Channel, m.To, m.Form, m.Within = last.channel.Kind, last.channel.To, last.channel.Form, last.channel.Within
		m.Rings = last.channel.Rings
		m.ID = e.messageID(in, KindRecovery, keyOfMessage(m))
		m.Kind, m.Follows, m.Notice = KindRecovery, last.ID, notice
		m.Notice.Others = last.Notice.Others
		m.Due, m.Queued, m.State = now, now, MessagePending
		m.Attempts, m.Repeats, m.NextAt, m.Sent, m.Answer, m.Passed = 0, 0, time.Time{}, time.Time{}, "", false
		e.queue(out, in, m, now)
	}
}

// lastTold is the last message of a recipient with the channel by which its
// recovery is told.
type lastTold struct {
	Message
	channel inventory.Channel
}

// toldLast lists the last message of each recipient that was told a problem of
// its own, in the order first told. A page of a storm has a recovery of its own.
func (in *incident) toldLast(inv *inventory.Inventory) []lastTold {
	last := map[string]Message{}
	var order []string
	written := map[string]bool{} // contacts told by a channel that does not ring
	for _, m := range in.messages {
		if !m.told() || m.Kind != KindProblem {
			continue
		}
		key := keyOfMessage(m)
		if _, ok := last[key]; !ok {
			order = append(order, key)
		}
		last[key] = m
		written[m.Contact] = written[m.Contact] || !m.Rings
	}
	var list []lastTold
	for _, key := range order {
		m := last[key]
		ch := inventory.Channel{Kind: m.Channel, To: m.To, Form: m.Form, Within: m.Within, Rings: m.Rings}
		if m.Rings {
			if written[m.Contact] {
				continue
			}
			if c, known := inv.Contact(m.Contact); known {
				if quiet, ok := oncall.Written(c); ok {
					ch = quiet
				}
			}
			written[m.Contact] = true
		}
		list = append(list, lastTold{m, ch})
	}
	return list
}

// told reports whether somebody was told by the message, or is about to be.
func (m Message) told() bool {
	return m.State == MessagePending || m.State == MessageSending || m.State == MessageSent
}

func (e *Engine) queue(out *outcome, in *incident, m Message, at time.Time) {
	in.messages = append(in.messages, m)
	out.change.Messages = append(out.change.Messages, m)
	out.change.Events = append(out.change.Events, MessageEvent(at, EventQueued, m))
}

// withdraw takes back problems that nobody was handed yet. One whose hand-over
// may be under way goes on, and is told of the recovery.
func (e *Engine) withdraw(out *outcome, in *incident, now time.Time, which func(Message) bool) {
	for i := range in.messages {
		m := &in.messages[i]
		if m.Kind != KindProblem || m.State != MessagePending || m.Repeats > 0 || !which(*m) {
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
func (e *Engine) message(in *incident, r oncall.Recipient, kind string, now time.Time) Message {
	m := Message{ID: e.messageID(in, kind, r.Key()), Incident: in.Incident.ID, Kind: kind, Contact: r.Contact.Name,
		Channel: r.Channel.Kind, To: r.Channel.To, Form: r.Channel.Form, Within: r.Channel.Within, Rings: r.Channel.Rings,
		Language: r.Contact.Language, Due: now, Queued: now, State: MessagePending}
	if r.Contact.Zone != nil {
		m.Zone = r.Contact.Zone.String()
	}
	m.Thread = m.ID
	for _, old := range in.messages {
		if keyOfMessage(old) != r.Key() || old.State == MessageWithdrawn || old.State == MessageHeld {
			continue
		}
		if m.Follows == "" {
			m.Thread = old.ID
		}
		m.Follows = old.ID
	}
	return m
}

func keyOfMessage(m Message) string { return oncall.Key(m.Contact, m.Channel, m.To) }

// messageID names a message: the same decision has the same name after a crash,
// and no other installation has it.
func (e *Engine) messageID(in *incident, kind, key string) string {
	n := 1
	for _, m := range in.messages {
		if m.Kind == kind && keyOfMessage(m) == key {
			n++
		}
	}
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("i%d.%s%d.%s.%s", in.Incident.ID, kind, n, hex.EncodeToString(sum[:6]), e.instance)
}
