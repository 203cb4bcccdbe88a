package alerting

import (
	"context"
	"time"

	"monitord/checks"
)

// Change is what one step wants written, all of it or nothing.
type Change struct {
	Services  []Record         // inserted or replaced, unless a newer revision is there
	Removed   []checks.Service // deleted from the services
	Incidents []IncidentRecord // inserted or replaced, unless a newer revision is there
	Messages  []Message        // inserted; one that is there already is left alone, except that a withdrawn one replaces a pending one
	Events    []Event          // appended
	Downtimes []Downtime       // inserted or replaced
	Extra     *Extra           // written in front of the events
}

// Extra is what belongs to a change and is another room's: events of its own, and
// what that room wants to know after a restart.
type Extra struct {
	Owner  string
	Once   string // its identity: the journal leaves it out when it was the owner's last one
	Events []Event
	Kept   map[string]string // replaces what had that name; an empty value forgets it
}

// Empty reports whether there is nothing to write.
func (c Change) Empty() bool {
	return len(c.Services) == 0 && len(c.Removed) == 0 && len(c.Incidents) == 0 && len(c.Messages) == 0 && len(c.Events) == 0 && len(c.Downtimes) == 0 && c.Extra == nil
}

// Record is a service as the journal keeps it.
type Record struct {
	Revision int64 // ascending over all records
	Builtin  bool  // of a check that the inventory does not name
	Foreign  bool  // of a host that the inventory did not name either when it was first seen
	Missing  int   // runs in a row that did not report it
	Service  ServiceState
}

// IncidentRecord is an incident as the journal keeps it. Its ledger is made
// from the messages.
type IncidentRecord struct {
	Revision int64
	Incident Incident
}

// Memory is what the journal remembers for a start.
type Memory struct {
	Services  []Record
	Incidents []IncidentRecord // all open ones and the newest closed ones
	Messages  []Message        // of those incidents, in the order queued
	Downtimes []Downtime       // that are not over, and the one with the highest number, in the order added
	Revision  int64            // the highest in use
	LastID    int64            // the highest incident number in use
	Instance  string           // random name of this installation, for message identities
}

// Store is what the engine needs of the journal.
type Store interface {
	// Load reads what a start needs.
	Load(ctx context.Context) (Memory, error)
	// Submit queues a change behind all earlier ones; the channel gets one
	// value once it is durable or refused.
	Submit(Change) <-chan error
	// Hard lists the hard states of a service since a moment, with the one
	// that was in force then first.
	Hard(ctx context.Context, service checks.Service, since time.Time) ([]Marker, error)
}

// Teller is what the engine needs of the outbox.
type Teller interface {
	// Tell takes messages over; they are in the journal, unless broken says
	// why they are not. It never blocks.
	Tell(messages []Message, broken error)
	// Withdraw takes back messages that are not due yet.
	Withdraw(ids []string)
}
