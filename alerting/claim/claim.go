package claim

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/acktoken"
	"monitord/internal/inventory"
)

// Lifetime is how long a token counts, from the moment its message was due.
const Lifetime = 7 * 24 * time.Hour

// The ways of taking an incident, as By writes them.
const (
	ByLink  = "link"
	ByReply = "reply"
)

// Reasons why a good token opens nothing, besides those of package acktoken.
var (
	ErrForgotten = errors.New("its incident was over long ago")
	ErrStranger  = errors.New("its contact is not in the configuration any more, or is told elsewhere")
)

// Engine is what a claim needs of alerting.Engine.
type Engine interface {
	Incident(id int64) (alerting.Incident, bool)
	Service(checks.Service) (alerting.ServiceState, bool)
	TakeIncident(ctx context.Context, id int64, ack alerting.Ack) (alerting.Ack, error)
	UnacknowledgeIncident(ctx context.Context, id int64, by string) (checks.Service, error)
}

// Deps is what claims use of the world.
type Deps struct {
	Signer   *acktoken.Signer
	Now      func() time.Time
	Engine   Engine
	Contact  func(name string) (inventory.Contact, bool) // of the configuration in force
	Registry prometheus.Registerer                       // nil: no metrics are exposed
}

// Desk gives tokens out, and does what their bearers ask for. It is safe for
// concurrent use.
type Desk struct {
	deps    Deps
	metrics *prometheus.CounterVec
}

// New makes a desk.
func New(deps Deps) *Desk {
	d := &Desk{deps: deps, metrics: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "monitord_claims_total", Help: "What bearers of tokens asked for, by way (link, reply) and outcome.",
	}, []string{"way", "outcome"})}
	if deps.Registry != nil {
		deps.Registry.MustRegister(d.metrics)
	}
	return d
}

// Token is the token for the contact of a message; "" when there is nothing to
// take: the message is a recovery, or of no incident. The same message has the
// same token.
func (d *Desk) Token(m alerting.Message) string {
	if m.Kind == alerting.KindRecovery {
		return ""
	}
	from := m.Queued
	if m.Due.After(from) {
		from = m.Due
	}
	return d.deps.Signer.Sign(m.Incident, acktoken.Recipient{Contact: m.Contact, Channel: m.Channel, Address: m.To}, from.Add(Lifetime))
}

// Claim is what a good token opens.
type Claim struct {
	Contact  inventory.Contact
	Channel  string // by which the contact was told
	Address  string // at which
	Incident alerting.Incident
	// Service is the incident's own service as it is now; Known is false when it
	// is not watched any more.
	Service alerting.ServiceState
	Known   bool
}

// Find opens a token. The error is one of package acktoken, ErrForgotten or
// ErrStranger; with ErrForgotten the claim is empty.
func (d *Desk) Find(token string) (Claim, error) {
	grant, err := d.deps.Signer.Verify(token, d.deps.Now())
	if err != nil {
		return Claim{}, err
	}
	in, ok := d.deps.Engine.Incident(grant.Incident)
	if !ok {
		return Claim{}, ErrForgotten
	}
	i := slices.IndexFunc(in.Notified, func(to alerting.Delivery) bool {
		return d.deps.Signer.For(grant, acktoken.Recipient{Contact: to.Contact, Channel: to.Channel, Address: to.To})
	})
	if i < 0 {
		return Claim{}, ErrForgotten
	}
	told := in.Notified[i]
	contact, ok := d.deps.Contact(told.Contact)
	if !ok || !slices.ContainsFunc(contact.Channels, func(c inventory.Channel) bool {
		return c.Kind == told.Channel && c.To == told.To
	}) {
		return Claim{}, ErrStranger
	}
	c := Claim{Contact: contact, Channel: told.Channel, Address: told.To, Incident: in}
	c.Service, c.Known = d.deps.Engine.Service(in.Service)
	return c, nil
}

// Open reports whether the incident is not over.
func (c Claim) Open() bool {
	return c.Incident.Closed.IsZero() && c.Known && c.Service.Incident == c.Incident.ID
}

// Free reports whether the incident can be taken: it is open, its service is not
// well, and nobody has it.
func (c Claim) Free() bool {
	ill := c.Service.HardState != checks.OK || c.Service.Marks.Has(alerting.MarkMissed) || c.Service.Marks.Has(alerting.MarkFlapping)
	return c.Open() && ill && c.Service.Ack == nil
}

// Outcome is what became of a request.
type Outcome string

// The outcomes.
const (
	Taken Outcome = "taken" // the contact has it now
	Yours Outcome = "yours" // the contact had it already; nothing has changed
	Held  Outcome = "held"  // somebody else has it; nothing has changed
	Given Outcome = "given" // nobody has it now, and people are told again
	Over  Outcome = "over"  // the incident is over; nothing has changed
	Free  Outcome = "free"  // nobody had it, so that there was nothing to give back
)

// Take takes the claim's incident for its contact. reason and until may be zero.
// It returns the acknowledgement in force, empty with Over. An error means that
// nothing has changed.
func (d *Desk) Take(ctx context.Context, c Claim, way, reason string, until time.Time) (Outcome, alerting.Ack, error) {
	ack := alerting.Ack{By: By(c.Contact.Name, way), Reason: reason, Until: until}
	held, err := d.deps.Engine.TakeIncident(ctx, c.Incident.ID, ack)
	outcome := Taken
	switch {
	case err == nil:
	case errors.Is(err, alerting.ErrTaken):
		if outcome, err = Held, nil; Holder(held.By) == c.Contact.Name {
			outcome = Yours
		}
	default:
		outcome, err = overOr(err)
	}
	d.count(way, outcome, err)
	return outcome, held, err
}

// Give gives the claim's incident back, if its contact has it.
func (d *Desk) Give(ctx context.Context, c Claim, way string) (Outcome, error) {
	outcome, err := d.give(ctx, c, way)
	d.count(way, outcome, err)
	return outcome, err
}

func (d *Desk) give(ctx context.Context, c Claim, way string) (Outcome, error) {
	now, known := d.deps.Engine.Service(c.Incident.Service)
	switch {
	case known && now.Incident == c.Incident.ID && now.Ack == nil:
		return Free, nil
	case known && now.Incident == c.Incident.ID && Holder(now.Ack.By) != c.Contact.Name:
		return Held, nil
	}
	if _, err := d.deps.Engine.UnacknowledgeIncident(ctx, c.Incident.ID, By(c.Contact.Name, way)); err != nil {
		return overOr(err)
	}
	return Given, nil
}

// overOr is Over for the errors of an incident that ended meanwhile.
func overOr(err error) (Outcome, error) {
	for _, over := range []error{alerting.ErrIncidentOver, alerting.ErrNoIncident, alerting.ErrNoProblem, alerting.ErrNoService} {
		if errors.Is(err, over) {
			return Over, nil
		}
	}
	return "", err
}

func (d *Desk) count(way string, outcome Outcome, err error) {
	if err != nil {
		outcome = "error"
	}
	d.metrics.WithLabelValues(way, string(outcome)).Inc()
}

// By is alerting.Ack.By for a contact and the way in which they said so, such
// as "noc (link)" or "noc (phone key 1)".
func By(contact, way string) string { return contact + " (" + way + ")" }

// Holder is the contact of a By; a text that is none is returned as it is: the
// name of who acknowledged on a page or the command line.
func Holder(by string) string {
	if i := strings.LastIndex(by, " ("); i > 0 && strings.HasSuffix(by, ")") {
		return by[:i]
	}
	return by
}
