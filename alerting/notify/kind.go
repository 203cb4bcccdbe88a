package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/inventory"
	"monitord/internal/text"
)

// Kind is one way of telling, as the builtin list names it.
type Kind struct {
	inventory.ChannelKind
	Summary string // one line for help
	Section string // its top-level key in the configuration
	Sample  string // that section: every option, commented, with its default
	// Target returns a pointer to the section's struct with its defaults.
	Target func() any
	// Serves refuses an address that the section does not serve, such as the name
	// of an endpoint that it does not have. nil: it serves every valid address,
	// or messages wait for the section.
	Serves func(config any, to string) error
	// New makes the channel of a valid section; nil when it is not configured.
	New func(config any, deps ChannelDeps) (Channel, error)
}

// ChannelDeps is what channels use of the world. Functions may be nil, except
// Now: what they would give is then left out.
type ChannelDeps struct {
	Logger *slog.Logger
	Now    func() time.Time
	Words  *text.Catalogue
	Dialer checks.Dialer // nil: the network
	// Picture draws a service's graph as PNG, in pixels.
	Picture func(ctx context.Context, service checks.Service, width, height int, lang text.Lang) ([]byte, error)
	// Link is the page of the service that a message is about.
	Link func(checks.Service) string
	// AckLink is a signed link by which the message's contact, and nobody else,
	// acknowledges; "" when this installation has no address that people reach.
	AckLink func(alerting.Message) string
	// ReplyTo is the address at which a reply acknowledges; "" when replies are
	// not taken.
	ReplyTo func(alerting.Message) string
	// Acknowledge takes the problem of a message for its contact, by is how they
	// said so (such as "phone key 1"). It returns when that is durable.
	Acknowledge func(ctx context.Context, m alerting.Message, by string) error
	// State is a service's present state, for a long call: it may be well again.
	State func(checks.Service) (alerting.ServiceState, bool)
}

// Passed says that the message arrived at the person, who did not take the
// problem: they hung up, or pressed the key for the next person. It counts as
// told, is not tried again, and the next step is taken at once.
type Passed struct{ Answer string }

// Error is what the person did.
func (p Passed) Error() string { return p.Answer }

// NameKnown refuses the name of something that a section does not have.
func NameKnown[V any](section string, have map[string]V, name string) error {
	if _, ok := have[name]; ok {
		return nil
	}
	return fmt.Errorf("section %s has no such name (got %q; want %s)", section, name,
		cmp.Or(strings.Join(slices.Sorted(maps.Keys(have)), ", "), "the section "+section+" with it: there is none"))
}

// NamesValid checks the names of what a section has.
func NamesValid[V any](have map[string]V) error {
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(have)) {
		if err := inventory.ValidName(name); err != nil {
			faults = append(faults, config.Faultf(config.KeyPath("", name), "%v", err))
		}
	}
	return errors.Join(faults...)
}
