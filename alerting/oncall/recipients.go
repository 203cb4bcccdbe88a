package oncall

import (
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/inventory"
)

// Recipient is one contact by one channel.
type Recipient struct {
	Contact *inventory.Contact
	Channel inventory.Channel
}

// Key tells recipients apart.
func (r Recipient) Key() string { return Key(r.Contact.Name, r.Channel.Kind, r.Channel.To) }

// Key is Recipient.Key for its parts.
func Key(contact, channel, to string) string { return contact + "\x00" + channel + "\x00" + to }

// Match is the first escalation that fits a service in a state at a moment; nil
// when there is none.
func Match(inv *inventory.Inventory, service checks.Service, state checks.State, at time.Time) *inventory.Escalation {
	for i := range inv.Escalations {
		if fits(inv, inv.Escalations[i].Match, service, state, at) {
			return &inv.Escalations[i]
		}
	}
	return nil
}

// Named is the escalation of that name; nil when the configuration has it no
// more.
func Named(inv *inventory.Inventory, name string) *inventory.Escalation {
	for i := range inv.Escalations {
		if inv.Escalations[i].Name == name {
			return &inv.Escalations[i]
		}
	}
	return nil
}

func fits(inv *inventory.Inventory, m inventory.Match, service checks.Service, state checks.State, at time.Time) bool {
	if m.Severity != nil && m.Severity.Worse(state) || !m.During.Contains(at) {
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
	return ok && slices.ContainsFunc(m.Groups, h.In)
}

// Absent is somebody whom a step names and does not reach now.
type Absent struct {
	Contact string
	Why     Absence
}

// Absence says why somebody is not reached.
type Absence string

// The reasons of an absence.
const (
	OutsideHours Absence = "hours"   // of the contact, or of all its channels
	NoChannel    Absence = "channel" // none of the kind that the step wants
)

// Recipients lists whom a step reaches at a moment, each contact once by its
// first channel that is in use then, and whom it does not reach.
func Recipients(inv *inventory.Inventory, step inventory.Step, at time.Time) (reached []Recipient, absent []Absent) {
	seen := map[string]bool{}
	for _, name := range step.To {
		for _, c := range inv.OnCall(name, at) {
			if seen[c.Name] {
				continue
			}
			seen[c.Name] = true
			usable := channels(c, step)
			switch i := slices.IndexFunc(usable, func(ch inventory.Channel) bool { return ch.Hours.Contains(at) }); {
			case len(usable) == 0:
				absent = append(absent, Absent{c.Name, NoChannel})
			case i < 0 || !c.Hours.Contains(at):
				absent = append(absent, Absent{c.Name, OutsideHours})
			default:
				reached = append(reached, Recipient{c, usable[i]})
			}
		}
	}
	return reached, absent
}

// channels are those of a contact that a step may use, in their order.
func channels(c *inventory.Contact, step inventory.Step) []inventory.Channel {
	if step.Channel == "" {
		return c.Channels
	}
	return slices.DeleteFunc(slices.Clone(c.Channels), func(ch inventory.Channel) bool { return ch.Kind != step.Channel })
}

// Next is the channel by which a contact is told when a hand-over by another
// one was not confirmed: the one behind it that is in use at the moment.
func Next(c *inventory.Contact, step inventory.Step, kind, to string, at time.Time) (Recipient, bool) {
	usable := channels(c, step)
	i := slices.IndexFunc(usable, func(ch inventory.Channel) bool { return ch.Kind == kind && ch.To == to })
	for _, ch := range usable[i+1:] {
		if ch.Hours.Contains(at) {
			return Recipient{c, ch}, true
		}
	}
	return Recipient{}, false
}

// Written is the channel by which a contact is told of a recovery that need not
// wake anybody: the first one in the list that does not ring.
func Written(c *inventory.Contact) (inventory.Channel, bool) {
	i := slices.IndexFunc(c.Channels, func(ch inventory.Channel) bool { return !ch.Rings })
	if i < 0 {
		return inventory.Channel{}, false
	}
	return c.Channels[i], true
}

// Duty is who is on call by one rota.
type Duty struct {
	Rota    string    `json:"rota"`
	Contact string    `json:"contact"`
	Until   time.Time `json:"until,omitzero"` // when somebody else is; zero: not within two weeks
	Then    string    `json:"then,omitempty"` // who that is
}

// Duties lists who is on call now, by rota.
func Duties(inv *inventory.Inventory, at time.Time) []Duty {
	list := make([]Duty, 0, len(inv.Rotas))
	for i := range inv.Rotas {
		r := &inv.Rotas[i]
		d := Duty{Rota: r.Name, Contact: r.At(at), Until: r.Until(at)}
		if !d.Until.IsZero() {
			d.Then = r.At(d.Until)
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(a, b Duty) int { return strings.Compare(a.Rota, b.Rota) })
	return list
}
