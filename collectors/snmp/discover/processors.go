package discover

import "monitord/collectors/snmp"

// loads is a table of loads in percent.
type loads struct {
	object string
	oid    string
	names  []string // columns that name a row by the same index
	via    string   // a column whose number is the index in names, instead
	only   string   // the index begins with one of these numbers (JUNIPER-MIB)
	idle   bool     // the number is what is not busy
}

const (
	entPhysicalDescr = ".1.3.6.1.2.1.47.1.1.1.1.2"
	entPhysicalName  = ".1.3.6.1.2.1.47.1.1.1.1.7"
	hrDeviceTypes    = ".1.3.6.1.2.1.25.3.1."
	hrDeviceType     = ".1.3.6.1.2.1.25.3.2.1.2"
	hrDeviceDescr    = ".1.3.6.1.2.1.25.3.2.1.3"
	jnxOperatingName = ".1.3.6.1.4.1.2636.3.1.13.1.5"

	cpmPhysicalIndex = ".1.3.6.1.4.1.9.9.109.1.1.1.1.2"
)

// loadTables are the tables of loads, the best first: the first that an agent has
// counts. Of Cisco's means that over five minutes: it is in all three tables.
var loadTables = []loads{
	{object: "hrProcessorLoad", oid: ".1.3.6.1.2.1.25.3.3.1.2", names: []string{hrDeviceDescr}},
	{object: "cpmCPUTotal5minRev", oid: ".1.3.6.1.4.1.9.9.109.1.1.1.1.8", names: []string{entPhysicalName, entPhysicalDescr}, via: cpmPhysicalIndex},
	{object: "cpmCPUTotal5min", oid: ".1.3.6.1.4.1.9.9.109.1.1.1.1.5", names: []string{entPhysicalName, entPhysicalDescr}, via: cpmPhysicalIndex},
	{object: "avgBusy5", oid: ".1.3.6.1.4.1.9.2.1.58"},
	{object: "jnxOperatingCPU", oid: ".1.3.6.1.4.1.2636.3.1.13.1.8", names: []string{jnxOperatingName}, only: "\x07\x09"},
	{object: "hpSwitchCpuStat", oid: ".1.3.6.1.4.1.11.2.14.11.5.1.9.6.1"},
	{object: "fgProcessorUsage", oid: ".1.3.6.1.4.1.12356.101.4.4.2.1.2"},
	{object: "fgSysCpuUsage", oid: ".1.3.6.1.4.1.12356.101.4.1.3"},
	{object: "ssCpuIdle", oid: ".1.3.6.1.4.1.2021.11.11", idle: true},
}

// processors reads the first table of loads that has any.
func (r *reader) processors(d *Device) {
	var look []snmp.OID
	for _, t := range loadTables {
		look = append(look, snmp.MustOID(t.oid))
	}
	r.peek(wants(look...))
	for i, t := range loadTables {
		for _, index := range r.read(look[i]).order {
			load, ok := r.read(look[i]).number(index)
			if !ok || load < 0 || load > 100 || !t.has(index) {
				continue
			}
			if t.idle {
				load = 100 - load
			}
			d.Processors = append(d.Processors, Processor{Object: t.object, OID: look[i] + index, Index: index.IndexText(), Name: r.processorName(t, index), Load: load / 100})
		}
		if len(d.Processors) > 0 {
			return
		}
	}
}

// has says that a row is one with a processor: in JUNIPER-MIB power supplies and
// fans have a load of 0, too. Line cards are 7, routing engines 9.
func (t loads) has(index snmp.OID) bool {
	if t.only == "" {
		return true
	}
	for i := range len(t.only) {
		if len(index) > 0 && index[0] == t.only[i] {
			return true
		}
	}
	return false
}

func (r *reader) processorName(t loads, index snmp.OID) string {
	at := index
	if t.via != "" {
		n, ok := r.read(snmp.MustOID(t.via)).number(index)
		if !ok || n <= 0 || n > 1<<31 {
			return "processor " + index.IndexText()
		}
		at = indexOf(uint32(n))
	}
	if name := r.name(t.names, at); name != "" {
		return name
	}
	return "processor " + index.IndexText()
}

// indexOf is an index of one number.
func indexOf(n uint32) snmp.OID {
	base := snmp.MustOID(".1.3")
	index, _ := base.Append(n).Index(base)
	return index
}
