package discover

import "monitord/collectors/snmp"

// Columns of prtMarkerSuppliesTable and prtInputTable (RFC 3805).
var (
	supplyDescr = snmp.MustOID(".1.3.6.1.2.1.43.11.1.1.6")
	supplyMax   = snmp.MustOID(".1.3.6.1.2.1.43.11.1.1.8")
	supplyLevel = snmp.MustOID(".1.3.6.1.2.1.43.11.1.1.9")
	trayMax     = snmp.MustOID(".1.3.6.1.2.1.43.8.2.1.9")
	trayLevel   = snmp.MustOID(".1.3.6.1.2.1.43.8.2.1.10")
	trayName    = snmp.MustOID(".1.3.6.1.2.1.43.8.2.1.13")
	trayDescr   = snmp.MustOID(".1.3.6.1.2.1.43.8.2.1.18")
)

// supplies reads what a printer uses up.
func (r *reader) supplies(d *Device) {
	r.peek(wants(supplyLevel, trayLevel))
	add := func(tray bool, level, capacity snmp.OID, names ...snmp.OID) {
		for _, index := range r.read(level).order {
			n, ok := r.read(level).number(index)
			if !ok {
				continue
			}
			s := Supply{OID: level + index, Tray: tray, Level: n, Capacity: -1}
			if full, ok := r.read(capacity).number(index); ok {
				s.Capacity = full
			}
			for _, name := range names {
				if s.Name == "" {
					s.Name = Line(r.read(name).text(index))
				}
			}
			d.Supplies = append(d.Supplies, s)
		}
	}
	add(false, supplyLevel, supplyMax, supplyDescr)
	add(true, trayLevel, trayMax, trayName, trayDescr)
}
