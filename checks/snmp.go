package checks

import "context"

// SNMP asks agents for objects; the program that runs checks fills it, so that
// names, MIB files and credentials are the same for checks and for polling.
type SNMP interface {
	// Find is the number of an object by its name, such as IF-MIB::ifOperStatus.1,
	// or by a number; the error says what of the name is unknown.
	Find(name string) (oid string, err error)
	// Ask asks once, for all objects; retries fit into ctx. The error is an
	// *SNMPError when the agent is at fault.
	Ask(ctx context.Context, q SNMPQuery) ([]SNMPValue, error)
}

// SNMPQuery is what to ask whom.
type SNMPQuery struct {
	Address     string
	Port        int
	Credentials string // a file; "" is version 2c with the community public
	Retries     int
	Next        bool     // ask for what follows the objects
	OIDs        []string // as Find returned them
}

// SNMPValue is one object of an answer.
type SNMPValue struct {
	Name    string  // IF-MIB::ifOperStatus.1, or the number
	Text    string  // up(1), 42, 0:12:01.50, a string without quotes
	Number  float64 // when IsNumber; TimeTicks are in seconds
	Counter bool
	Seconds bool

	IsNumber bool
	Missing  bool // the agent has no such object
}

// SNMPError is an agent that did not answer as it should.
type SNMPError struct {
	Reason Reason
	Err    error // names the agent, and what to do
}

// Error is Err's sentence.
func (e *SNMPError) Error() string { return e.Err.Error() }

// Unwrap is Err.
func (e *SNMPError) Unwrap() error { return e.Err }
