package snmp

import (
	"errors"
	"fmt"
)

// What a caller may decide on, with errors.Is. Each says what to do.
var (
	// ErrTimeout: no answer to any attempt.
	ErrTimeout = errors.New("no answer")
	// ErrRefused: the machine is there and nothing listens on the port.
	ErrRefused = errors.New("nothing listens there: start the agent, or set the port that it listens on")
	// ErrUnreachable: no way to the machine.
	ErrUnreachable = errors.New("no route: check address, routing and this machine's network")
	// ErrUser: the agent does not know the v3 user.
	ErrUser = errors.New("the agent does not know this user (usmStatsUnknownUserNames): correct user, or create it there (createUser, rouser)")
	// ErrAuth: the signature does not fit.
	ErrAuth = errors.New("wrong auth_password or auth_protocol (usmStatsWrongDigests)")
	// ErrPriv: the agent cannot decrypt what we send.
	ErrPriv = errors.New("wrong priv_password or priv_protocol (usmStatsDecryptionErrors)")
	// ErrLevel: the agent does not offer this level to the user.
	ErrLevel = errors.New("the agent does not offer this security level to the user (usmStatsUnsupportedSecLevels): set level, or give the user its keys there")
	// ErrClock: the agent refuses our idea of its time, even after asking.
	ErrClock = errors.New("the agent keeps refusing its own time (usmStatsNotInTimeWindows): two agents may share one engine ID or address")
	// ErrEngine: the agent has another engine ID than it says.
	ErrEngine = errors.New("the agent refuses its engine ID (usmStatsUnknownEngineIDs): check context_engine, and that one agent answers at this address")
	// ErrContext: the agent has no such context.
	ErrContext = errors.New("the agent has no such context: correct context")
	// ErrNotIncreasing: a walk would never end.
	ErrNotIncreasing = errors.New("OID not increasing: the agent's table is out of order; walk a smaller part, or tell its maker")
	// ErrTooMany: a walk was longer than its limit.
	ErrTooMany = errors.New("more objects than the limit: walk a smaller part, or raise the limit")
	// ErrTooBig: an agent cannot answer even for one object.
	ErrTooBig = errors.New("tooBig: the agent cannot answer even the smallest request")
)

// StatusError is an error-status of an agent that is no end of a walk.
type StatusError struct {
	Status Status
	Index  int
	OID    OID // the object that it is about; "" when the agent names none
}

// Error says what the agent said of which object.
func (e *StatusError) Error() string {
	if e.Index == 0 {
		return "the agent says " + e.Status.String()
	}
	return fmt.Sprintf("the agent says %s of %s", e.Status, e.OID)
}

// AgentError is any fault of asking one agent; Err is one of the errors above,
// a *StatusError, the context's error, or one of the system.
type AgentError struct {
	Peer string
	Err  error
	Hint string // what was seen beside; may be empty
}

// Error names the agent, the fault and what to do.
func (e *AgentError) Error() string {
	if e.Hint == "" {
		return fmt.Sprintf("snmp %s: %v", e.Peer, e.Err)
	}
	return fmt.Sprintf("snmp %s: %v: %s", e.Peer, e.Err, e.Hint)
}

// Unwrap is Err.
func (e *AgentError) Unwrap() error { return e.Err }
