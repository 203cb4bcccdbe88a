package discover

import (
	"strconv"
	"strings"

	"monitord/collectors/snmp"
)

// Columns of UCD-SNMP-MIB's tables of what snmpd watches.
var (
	prNames  = snmp.MustOID(".1.3.6.1.4.1.2021.2.1.2")
	dskPath  = snmp.MustOID(".1.3.6.1.4.1.2021.9.1.2")
	dskMin   = snmp.MustOID(".1.3.6.1.4.1.2021.9.1.4") // dskMinimum, kB
	dskMinPC = snmp.MustOID(".1.3.6.1.4.1.2021.9.1.5") // dskMinPercent
	laConfig = snmp.MustOID(".1.3.6.1.4.1.2021.10.1.4")
)

// unsetLoad is what net-snmp says where there is no line load; 0 is no limit.
const unsetLoad = 12

// ucd reads what snmpd was told to watch: its lines proc, disk and load. A disk
// without a limit is one that was only listed.
func (r *reader) ucd(d *Device) {
	r.peek(wants(prNames, dskPath, laConfig))
	for _, index := range r.read(prNames).order {
		d.UCD.Processes = append(d.UCD.Processes, Line(r.read(prNames).text(index)))
	}
	for _, index := range r.read(dskPath).order {
		if r.read(dskMin).int(index) >= 0 || r.read(dskMinPC).int(index) >= 0 {
			d.UCD.Disks = append(d.UCD.Disks, Line(r.read(dskPath).text(index)))
		}
	}
	for _, index := range r.read(laConfig).order {
		limit, err := strconv.ParseFloat(strings.TrimSpace(r.read(laConfig).text(index)), 64)
		d.UCD.Loads = d.UCD.Loads || err == nil && limit > 0 && limit != unsetLoad
	}
}

// Any says that snmpd watches anything.
func (u UCD) Any() bool { return len(u.Processes) > 0 || len(u.Disks) > 0 || u.Loads }
