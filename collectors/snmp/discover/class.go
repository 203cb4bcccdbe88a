package discover

import (
	"strings"

	"monitord/collectors/snmp"
)

// makers are trees of sysObjectID that tell the class alone.
var makers = []struct {
	root  string
	class Class
}{
	{".1.3.6.1.4.1.6876", Hypervisor}, // VMware
	{".1.3.6.1.4.1.12356", Firewall},  // Fortinet
	{".1.3.6.1.4.1.25461", Firewall},  // Palo Alto
	{".1.3.6.1.4.1.2620", Firewall},   // Check Point
	{".1.3.6.1.4.1.3224", Firewall},   // NetScreen
	{".1.3.6.1.4.1.8741", Firewall},   // SonicWall
	{".1.3.6.1.4.1.318.1.3.4", PDU},   // APC, MasterSwitch and rack PDUs
	{".1.3.6.1.4.1.1718", PDU},        // Server Technology
	{".1.3.6.1.4.1.13742", PDU},       // Raritan
	{".1.3.6.1.4.1.8072.3.2.10", Linux},
}

// words of sysDescr that tell the class, the most telling first.
var words = []struct {
	word  string
	class Class
}{
	{"pfsense", Firewall}, {"opnsense", Firewall}, {"firewall", Firewall}, {"adaptive security appliance", Firewall}, {" srx", Firewall},
	{"esxi", Hypervisor}, {"proxmox", Hypervisor},
	{"switch", Switch}, {"catalyst", Switch}, {"nx-os", Switch}, {"procurve", Switch}, {"arubaos-cx", Switch}, {"c2950", Switch}, {"ethernet switch", Switch},
	{" isr", Router}, {"router", Router}, {"routeros", Router}, {"ios-xr", Router},
	{"linux", Linux},
}

var (
	dot1dBaseNumPorts = snmp.MustOID(".1.3.6.1.2.1.17.1.2")
	ipForwarding      = snmp.MustOID(".1.3.6.1.2.1.4.1")
	hrDevicePrinter   = snmp.MustOID(hrDeviceTypes + "5")
)

// portsOfSwitch is how many ports make a bridge a switch: hosts of virtual machines
// and access points bridge a few.
const portsOfSwitch = 5

// class works out what kind of device it is: from what is behind the agent, from
// its maker, from its description, from what it does with packets.
func (r *reader) class(d *Device) Class {
	switch {
	case r.isPrinter(d):
		return Printer
	case d.HasUPS:
		return UPS
	case r.isPDU(d):
		return PDU
	}
	for _, m := range makers {
		if d.SysObjectID.HasPrefix(snmp.MustOID(m.root)) {
			return m.class
		}
	}
	descr := strings.ToLower(d.SysDescr)
	for _, w := range words {
		if strings.Contains(descr, w.word) {
			return w.class
		}
	}
	r.peek([]want{{oid: dot1dBaseNumPorts, scalar: true}, {oid: ipForwarding, scalar: true}})
	switch {
	case r.read(dot1dBaseNumPorts).int(scalarIndex) >= portsOfSwitch, ethernetPorts(d) >= 2*portsOfSwitch:
		return Switch
	case r.read(ipForwarding).int(scalarIndex) == 1:
		return Router
	}
	return Unknown
}

func (r *reader) isPrinter(d *Device) bool {
	if len(d.Supplies) > 0 {
		return true
	}
	types := snmp.MustOID(hrDeviceType)
	r.peek(wants(types))
	for _, v := range r.read(types).cells {
		if v.Type == snmp.TypeOID && v.Value() == hrDevicePrinter && len(d.Interfaces) <= portsOfSwitch && len(d.Storage) <= 1 {
			return true
		}
	}
	return false
}

// isPDU says that there are the objects of a power strip.
func (r *reader) isPDU(d *Device) bool {
	for _, s := range d.Sensors {
		if strings.HasPrefix(s.Object, "rPDU") || strings.HasPrefix(s.Object, "ePDU") || strings.HasPrefix(s.Object, "st4") || strings.HasPrefix(s.Object, "infeed") {
			return true
		}
	}
	return false
}

func ethernetPorts(d *Device) int {
	n := 0
	for _, i := range d.Interfaces {
		if i.Type == TypeEthernet {
			n++
		}
	}
	return n
}
