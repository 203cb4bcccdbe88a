package alerting

import (
	"encoding/json"
	"strings"
	"time"

	"monitord/internal/text"
)

// TrapData is Event.Data of EventTrap: an SNMP notification.
type TrapData struct {
	Trap    string        `json:"trap"` // its name, such as IF-MIB::linkDown
	OID     string        `json:"oid,omitempty"`
	Objects []string      `json:"objects,omitempty"` // OBJECT = TYPE: VALUE
	From    string        `json:"from,omitempty"`    // who sent it
	Version string        `json:"version,omitempty"`
	User    string        `json:"user,omitempty"` // of version 3
	Inform  bool          `json:"inform,omitempty"`
	Uptime  time.Duration `json:"uptime,omitempty"` // of the agent
	// Unauthenticated says that anybody in the sender's network could have sent it.
	Unauthenticated bool `json:"unauthenticated,omitempty"`
	// More of this kind came in the minute that ended; the rest is empty then, and
	// Trap too when they were of too many kinds.
	More int `json:"more,omitempty"`
}

// TrapEvent is the journal's entry about a notification.
func TrapEvent(at time.Time, host string, d TrapData) Event {
	return Event{At: at, Kind: EventTrap, Host: host, Data: mustJSON(d)}
}

func (e Event) trapSentence() text.Message {
	var d TrapData
	_ = json.Unmarshal(e.Data, &d) // shown as far as it goes
	name := text.Str("trap", d.Trap)
	switch {
	case d.More > 0 && d.Trap == "":
		return text.M("event.trap.rest", text.Int("n", d.More))
	case d.More > 0:
		return text.M("event.trap.more", name, text.Int("n", d.More))
	case len(d.Objects) == 0:
		return text.M("event.trap.bare", name)
	}
	return text.M("event.trap", name, text.Str("objects", strings.Join(d.Objects, ", ")))
}
