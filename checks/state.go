package checks

import (
	"encoding/json"
	"fmt"
)

// State is what a check found, in the order and with the numbers of Nagios'
// plugin exit codes (Nagios Plugin Development Guidelines, "Plugin Return Codes").
// The zero value is OK, so a Result must always be given its state explicitly.
type State int8

// The four states. Marks such as MISSED, UNREACHABLE or FLAPPING stand beside
// a state and are never states of a result.
const (
	OK State = iota
	Warning
	Critical
	Unknown
)

var stateNames = [...]string{"OK", "WARNING", "CRITICAL", "UNKNOWN"}

// String is the state's name as Nagios prints it; language independent.
func (s State) String() string {
	if s < OK || s > Unknown {
		return fmt.Sprintf("State(%d)", int8(s))
	}
	return stateNames[s]
}

// ExitCode is the exit code of a Nagios plugin that found this state.
func (s State) ExitCode() int { return int(s) }

// MarshalJSON writes the state's name.
func (s State) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads a state's name; anything else is an error.
func (s *State) UnmarshalJSON(b []byte) error {
	var name string
	if err := json.Unmarshal(b, &name); err != nil {
		return fmt.Errorf("state: %w", err)
	}
	got, err := ParseState(name)
	if err != nil {
		return err
	}
	*s = got
	return nil
}

// ParseState reads a state's name as String prints it.
func ParseState(name string) (State, error) {
	for i, n := range stateNames {
		if n == name {
			return State(i), nil
		}
	}
	return Unknown, fmt.Errorf("state %q is none of OK, WARNING, CRITICAL, UNKNOWN", name)
}

// severity orders states by how bad they are: OK < UNKNOWN < WARNING < CRITICAL.
var severity = [...]int{OK: 0, Unknown: 1, Warning: 2, Critical: 3}

// Worse reports whether s is worse than other. UNKNOWN is worse than OK only:
// it never hides a WARNING or a CRITICAL.
func (s State) Worse(other State) bool { return severity[s] > severity[other] }

// Reason is why a result is what it is, as far as a program needs to know.
// It is empty when the state is OK. People read the Summary instead.
type Reason string

// The reasons. A check uses the first that fits, in the order in which a
// service's own user would meet them.
const (
	ReasonNone       Reason = ""
	ReasonDNS        Reason = "dns"        // the name did not resolve
	ReasonConnect    Reason = "connect"    // refused, reset, no route
	ReasonTLS        Reason = "tls"        // handshake or certificate
	ReasonTimeout    Reason = "timeout"    // the phase is the last entry of Result.Phases
	ReasonAuth       Reason = "auth"       // credentials refused
	ReasonStatus     Reason = "status"     // the protocol's own status is not the wanted one
	ReasonContent    Reason = "content"    // the answer is not the expected one
	ReasonProtocol   Reason = "protocol"   // the peer does not speak the protocol
	ReasonThreshold  Reason = "threshold"  // a measured value is beyond its limit
	ReasonNoData     Reason = "no-data"    // there is nothing to judge
	ReasonPermission Reason = "permission" // we lack a right; the summary names it
	ReasonInternal   Reason = "internal"   // we failed: an error or a panic
)
