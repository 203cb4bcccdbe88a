package trap

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/collectors/snmp"
)

// Notification is one trap or inform.
type Notification struct {
	At   time.Time  // when it came
	From netip.Addr // who sent the datagram
	// Agent is the device that it is about when that is not the sender: agent-addr
	// of version 1, snmpTrapAddress.0 (RFC 3584, 3.1); not valid when nobody says.
	Agent   netip.Addr
	Version snmp.Version
	Inform  bool
	User    string // of version 3
	// Proved says that a key which only its user has signed it.
	Proved bool
	Trap   snmp.OID      // snmpTrapOID.0
	Uptime time.Duration // of the agent: sysUpTime.0
	Vars   []snmp.Varbind
	// Beyond says that the journal has enough of its kind this minute: it is counted
	// there, in a Rest.
	Beyond bool

	request uint32 // tells a repeated inform from another one
}

// Device is whom it is about: the agent that it names, or else its sender.
func (n *Notification) Device() netip.Addr {
	if n.Agent.IsValid() {
		return n.Agent
	}
	return n.From
}

// Objects that notifications carry for themselves (RFC 3418, RFC 3584).
var (
	oidUptime    = snmp.MustOID(".1.3.6.1.2.1.1.3.0")
	oidTrap      = snmp.MustOID(".1.3.6.1.6.3.1.1.4.1.0")
	oidAddress   = snmp.MustOID(".1.3.6.1.6.3.18.1.3.0")
	oidCommunity = snmp.MustOID(".1.3.6.1.6.3.18.1.4.0")
	oidGeneric   = snmp.MustOID(".1.3.6.1.6.3.1.1.5") // snmpTraps
)

// maxVars bounds the objects of one notification; a datagram could hold 5,000.
const maxVars = 256

var (
	errNoTrap  = errors.New("message is neither trap nor inform")
	errNoName  = errors.New("notification without snmpTrapOID.0")
	errTooMany = fmt.Errorf("notification with more than %d objects", maxVars)
)

// notification makes one of a decoded packet.
func notification(p *gosnmp.SnmpPacket, from netip.Addr, at time.Time) (Notification, error) {
	n := Notification{At: at, From: from, request: p.RequestID}
	switch p.Version {
	case gosnmp.Version1:
		n.Version = snmp.V1
	case gosnmp.Version2c:
		n.Version = snmp.V2c
	default:
		n.Version = snmp.V3
	}
	if len(p.Variables) > maxVars {
		return n, errTooMany
	}
	for _, v := range p.Variables {
		one, err := snmp.FromPDU(v)
		if err != nil {
			return n, err
		}
		n.take(one)
	}
	switch p.PDUType {
	case gosnmp.Trap:
		return n, n.translate(p)
	case gosnmp.SNMPv2Trap:
	case gosnmp.InformRequest:
		n.Inform = true
	default:
		return n, errNoTrap
	}
	if n.Trap == "" {
		return n, errNoName
	}
	return n, nil
}

// take puts an object where it belongs.
func (n *Notification) take(v snmp.Varbind) {
	switch v.OID {
	case oidUptime:
		n.Uptime = time.Duration(v.Bits) * 10 * time.Millisecond
	case oidTrap:
		n.Trap = v.Value()
	case oidAddress:
		n.Agent = v.Addr()
	case oidCommunity: // a secret of the proxy's other side
	default:
		n.Vars = append(n.Vars, v)
	}
}

// translate gives a trap of version 1 its name (RFC 3584, 3.1).
func (n *Notification) translate(p *gosnmp.SnmpPacket) error {
	n.Uptime = time.Duration(p.Timestamp) * 10 * time.Millisecond
	if a, err := netip.ParseAddr(p.AgentAddress); err == nil && !a.IsUnspecified() {
		n.Agent = a
	}
	const specific = 6 // enterpriseSpecific
	switch {
	case p.GenericTrap >= 0 && p.GenericTrap < specific:
		n.Trap = oidGeneric.Append(uint32(p.GenericTrap) + 1)
		return nil
	case p.GenericTrap != specific:
		return fmt.Errorf("generic-trap %d is not defined", p.GenericTrap)
	}
	enterprise, err := snmp.ParseOID(p.Enterprise)
	if err != nil {
		return fmt.Errorf("enterprise: %w", err)
	}
	n.Trap = enterprise.Append(0, uint32(p.SpecificTrap))
	return nil
}
