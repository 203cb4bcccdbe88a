package snmpask

import (
	"context"
	"errors"
	"net"

	"monitord/checks"
	"monitord/collectors/snmp"
)

// Reason is the kind of fault that an error of asking an agent is. agent is false
// when the fault is ours: no credentials, no socket.
func Reason(err error) (reason checks.Reason, agent bool) {
	_, isDNS := errors.AsType[*net.DNSError](err)
	_, isStatus := errors.AsType[*snmp.StatusError](err)
	_, isAgent := errors.AsType[*snmp.AgentError](err)
	switch {
	case isDNS:
		return checks.ReasonDNS, true
	case errors.Is(err, snmp.ErrTimeout), errors.Is(err, context.DeadlineExceeded):
		return checks.ReasonTimeout, true
	case errors.Is(err, snmp.ErrRefused), errors.Is(err, snmp.ErrUnreachable):
		return checks.ReasonConnect, true
	case errors.Is(err, snmp.ErrUser), errors.Is(err, snmp.ErrAuth), errors.Is(err, snmp.ErrPriv), errors.Is(err, snmp.ErrLevel), errors.Is(err, snmp.ErrContext):
		return checks.ReasonAuth, true
	case isStatus:
		return checks.ReasonStatus, true
	}
	return checks.ReasonProtocol, isAgent
}
