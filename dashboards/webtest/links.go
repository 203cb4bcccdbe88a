package main

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/alerting/claim"
	"monitord/checks"
	"monitord/internal/acktoken"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// links makes the signed links of a scene work. What is pressed is kept here:
// the scene stays as it was made.
type links struct {
	*scene
	desk *claim.Desk
	mu   sync.Mutex
	acks map[int64]alerting.Ack
}

// addressees are whom every incident was told to, one for each language.
var addressees = []inventory.Contact{
	{Name: "noc", Language: text.English, Channels: []inventory.Channel{{Kind: "mail", To: "noc@example.net"}}},
	{Name: "当番 一", Language: text.Japanese, Channels: []inventory.Channel{{Kind: "mail", To: "duty@example.net"}}},
}

func newLinks(s *scene) *links {
	l := &links{scene: s, acks: map[int64]alerting.Ack{}}
	l.desk = claim.New(claim.Deps{Signer: acktoken.New(make([]byte, acktoken.KeyLength)), Now: time.Now, Engine: l,
		Contact: func(name string) (inventory.Contact, bool) {
			i := slices.IndexFunc(addressees, func(c inventory.Contact) bool { return c.Name == name })
			return addressees[max(i, 0)], i >= 0
		}})
	return l
}

// redirect goes to the page of a link, from /webtest/link/INCIDENT/LANGUAGE.
func (l *links) redirect(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(r.PathValue("incident"), 10, 64)
	to := addressees[0]
	if r.PathValue("lang") == string(text.Japanese) {
		to = addressees[1]
	}
	token := l.desk.Token(alerting.Message{Incident: id, Kind: alerting.KindProblem, Contact: to.Name, Channel: "mail", To: to.Channels[0].To, Queued: time.Now()})
	http.Redirect(w, r, "/ack/"+token, http.StatusSeeOther)
}

// Incident finds one, and says that everybody was told of it.
func (l *links) Incident(id int64) (alerting.Incident, bool) {
	for _, in := range l.incidents {
		if in.ID == id {
			for _, c := range addressees {
				in.Notified = append(in.Notified, alerting.Delivery{Contact: c.Name, Channel: "mail", To: c.Channels[0].To, Kind: alerting.KindProblem, Queued: in.Opened, Sent: in.Opened})
			}
			return in, true
		}
	}
	return alerting.Incident{}, false
}

// Service finds one, with what was pressed.
func (l *links) Service(id checks.Service) (alerting.ServiceState, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.services {
		if s.Service == id {
			if ack, ok := l.acks[s.Incident]; ok {
				s.Ack = &ack
			}
			return s, true
		}
	}
	return alerting.ServiceState{}, false
}

// TakeIncident keeps the first of them.
func (l *links) TakeIncident(_ context.Context, id int64, ack alerting.Ack) (alerting.Ack, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if held, ok := l.acks[id]; ok {
		return held, alerting.ErrTaken
	}
	ack.At = time.Now()
	l.acks[id] = ack
	return ack, nil
}

// UnacknowledgeIncident forgets it.
func (l *links) UnacknowledgeIncident(_ context.Context, id int64, _ string) (checks.Service, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.acks, id)
	return checks.Service{}, nil
}
