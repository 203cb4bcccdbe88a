package inventory

import (
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/hostlogs"
	"monitord/internal/rota"
	"monitord/internal/text"
	"monitord/internal/timeperiod"
)

// Inventory is the effective configuration of one generation. It is built
// whole, validated, and never changed; a reload makes another one.
type Inventory struct {
	Language    text.Lang      // default language
	Zone        *time.Location // default time zone, never nil
	Hosts       []Host         // sorted by name
	Contacts    []Contact      // sorted by name
	Teams       []Team         // sorted by name
	Rotas       []rota.Rota    // sorted by name
	Escalations []Escalation   // in the order written: the first that matches applies

	Storm Storm

	Periods map[string]*timeperiod.Period // by name

	origins map[string]origin // by host, for Show
}

// Host is what is judged.
type Host struct {
	Name      string
	Address   string            // IP address or DNS name; empty for a host known only by its probe
	Groups    []string          // paths such as tokyo/web, sorted
	Parents   []string          // names of the hosts that it hangs behind
	Templates []string          // names, in the order applied
	Vars      map[string]string // never nil
	Alive     string            // name of the check among Checks that decides UP or DOWN; empty when there is none
	Checks    []Check           // sorted by name
	Logs      *hostlogs.Config  // what its probe follows; nil: nothing
}

// Check is one check of one host, ready to be scheduled.
type Check struct {
	Host          string
	Name          string        // unique within the host
	Type          string        // a checks.Type name
	Interval      time.Duration // between starts while the state is hard
	RetryInterval time.Duration // between starts while it is soft
	Timeout       time.Duration // always shorter than both
	MaxAttempts   int           // results in a row that make a state hard; at least 1
	RunOn         string        // RunServer or RunProbe
	Judge         Judge         // how its results become states, and when people are told
	Config        checks.Config // decoded, macros replaced, valid
	// Source says where the check was written, as file:line, for people.
	Source string
}

// Where a check runs.
const (
	RunServer = "server"
	RunProbe  = "probe"
)

// Contact is somebody who can be told.
type Contact struct {
	Name     string
	Language text.Lang
	Zone     *time.Location
	Channels []Channel          // in the order tried
	Hours    *timeperiod.Period // outside of it the contact is left out; nil: always there
}

// Team is contacts and rotas that are told together.
type Team struct {
	Name    string
	Members []string // names of contacts and rotas
}

// Channel is one way to tell a contact.
type Channel struct {
	Kind   string             // a ChannelKind's name, such as mail
	To     string             // what Kind makes of it, such as a mail address
	Form   string             // empty, or what Kind knows, such as short
	Within time.Duration      // not confirmed by then, the next channel is tried; never 0
	Hours  *timeperiod.Period // outside of it the channel is left out; nil: always
	Rings  bool               // it wakes people: see ChannelKind
}

// ChannelKind is what the inventory needs to know of a kind of channel.
type ChannelKind struct {
	Name string // the key in a contact's channels
	// Address checks an address as a contact writes it, and says what is wanted.
	Address func(to string) error
	Forms   []string      // that it knows, beside none
	Within  time.Duration // in which a delivery is confirmed, when the contact does not say
	// Rings says that it wakes people: a recovery goes by another channel of the
	// same contact where there is one.
	Rings bool
}

// Host returns the host of that name.
func (inv *Inventory) Host(name string) (*Host, bool) {
	byName := func(h Host, name string) int { return strings.Compare(h.Name, name) }
	if i, ok := slices.BinarySearchFunc(inv.Hosts, name, byName); ok {
		return &inv.Hosts[i], true
	}
	// A host that is not there, or a list that was put together by hand.
	for i := range inv.Hosts {
		if inv.Hosts[i].Name == name {
			return &inv.Hosts[i], true
		}
	}
	return nil, false
}
