package alerting

import "strings"

// Marks stand beside a service's state; they are never states of a result.
type Marks uint16

// The marks.
const (
	MarkMissed       Marks = 1 << iota // no result came in time; ends with the next one
	MarkUnreachable                    // what it depends on is down, so that it cannot be judged
	MarkFlapping                       // its state changes too often to tell each change
	MarkHung                           // its check does not come back
	MarkAcknowledged                   // somebody has it
	MarkDowntime                       // nobody is to be told, on purpose
)

var markNames = [...]string{"MISSED", "UNREACHABLE", "FLAPPING", "HUNG", "ACKNOWLEDGED", "DOWNTIME"}

// Has reports whether every mark of which is set.
func (m Marks) Has(which Marks) bool { return m&which == which }

// Names lists the marks that are set, in capitals, in a stable order.
func (m Marks) Names() []string {
	var list []string
	for i, name := range markNames {
		if m&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return list
}

// String is the names with a space between; empty without a mark.
func (m Marks) String() string { return strings.Join(m.Names(), " ") }

// set is m with the marks of which on or off.
func (m Marks) set(which Marks, on bool) Marks {
	if on {
		return m | which
	}
	return m &^ which
}
