package dashboards

import (
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/inventory"
)

// sign is how a state looks: a class of colours, a glyph and a word.
type sign struct {
	Key  string // ok, warning, critical, unknown, missed, pending
	rank int    // 0 is the worst
}

// Class is the style sheet's name of the sign's colours.
func (s sign) Class() string { return "is-" + s.Key }

// WordID is the catalogue's ID of the sign's word.
func (s sign) WordID() string { return "state." + s.Key }

// Bad reports whether somebody has to look.
func (s sign) Bad() bool { return s.rank < signPending.rank }

// The signs, worst first: the order of every list of problems.
var (
	signCritical = sign{"critical", 0}
	signWarning  = sign{"warning", 1}
	signMissed   = sign{"missed", 2}
	signUnknown  = sign{"unknown", 3}
	signPending  = sign{"pending", 4}
	signOK       = sign{"ok", 5}
)

func signOf(s checks.State) sign {
	switch s {
	case checks.OK:
		return signOK
	case checks.Warning:
		return signWarning
	case checks.Critical:
		return signCritical
	}
	return signUnknown
}

// overdue is how many intervals may pass without a result before the state is
// not known any more: one late run is the scheduler's jitter, three are silence.
const overdue = 3

// judge gives the sign of a service: what is confirmed, unless its data stopped.
func judge(s *alerting.ServiceState, intervals map[checkKey]time.Duration, now time.Time) sign {
	if s.LastCheck.IsZero() {
		return signPending
	}
	every := intervals[checkKey{s.Service.Host, s.Service.Check}]
	if every > 0 && now.Sub(s.LastCheck) > overdue*every {
		if signOf(s.HardState).rank < signMissed.rank {
			return signOf(s.HardState) // silence does not make a known fault smaller
		}
		return signMissed
	}
	return signOf(s.HardState)
}

type checkKey struct{ host, check string }

// intervalsOf lists how often each check runs at least.
func intervalsOf(inv *inventory.Inventory) map[checkKey]time.Duration {
	m := map[checkKey]time.Duration{}
	if inv == nil {
		return m
	}
	for _, h := range inv.Hosts {
		for _, c := range h.Checks {
			m[checkKey{h.Name, c.Name}] = max(c.Interval, c.RetryInterval) + c.Timeout
		}
	}
	return m
}
