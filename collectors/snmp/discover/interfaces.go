package discover

import (
	"cmp"
	"slices"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// Columns of ifTable and ifXTable (RFC 2863).
var (
	ifDescr       = snmp.MustOID(".1.3.6.1.2.1.2.2.1.2")
	ifType        = snmp.MustOID(".1.3.6.1.2.1.2.2.1.3")
	ifSpeed       = snmp.MustOID(".1.3.6.1.2.1.2.2.1.5")
	ifAdminStatus = snmp.MustOID(".1.3.6.1.2.1.2.2.1.7")
	ifOperStatus  = snmp.MustOID(".1.3.6.1.2.1.2.2.1.8")
	ifName        = snmp.MustOID(".1.3.6.1.2.1.31.1.1.1.1")
	ifHighSpeed   = snmp.MustOID(".1.3.6.1.2.1.31.1.1.1.15")
	ifAlias       = snmp.MustOID(".1.3.6.1.2.1.31.1.1.1.18")
)

// speedUnknown is what ifSpeed says of anything faster than it can say.
const speedUnknown = 1<<32 - 1

// interfaces reads every interface that any of the columns has a row for.
func (r *reader) interfaces(d *Device) {
	list := []snmp.OID{ifName, ifDescr, ifOperStatus, ifType, ifSpeed, ifAdminStatus, ifHighSpeed, ifAlias}
	r.peek(wants(list...))
	var indexes []snmp.OID
	seen := map[snmp.OID]bool{}
	for _, oid := range list[:3] {
		for _, index := range r.read(oid).order {
			if !seen[index] {
				seen[index] = true
				indexes = append(indexes, index)
			}
		}
	}
	slices.SortFunc(indexes, snmp.OID.Compare)
	for _, index := range indexes {
		if number, ok := only(index); ok {
			d.Interfaces = append(d.Interfaces, r.oneInterface(index, number))
		}
	}
	nameItems(d.Interfaces)
}

// only is an index of one number.
func only(index snmp.OID) (uint32, bool) {
	n, last := 0, uint32(0)
	for v := range index.Numbers() {
		n, last = n+1, v
	}
	return last, n == 1
}

func (r *reader) oneInterface(index snmp.OID, number uint32) Interface {
	i := Interface{
		Index: number, Name: r.read(ifName).text(index), Descr: r.read(ifDescr).text(index), Alias: r.read(ifAlias).text(index),
		Type: r.read(ifType).int(index), Admin: r.read(ifAdminStatus).int(index), Oper: r.read(ifOperStatus).int(index),
	}
	i.Item = cmp.Or(poll.Printable(i.Name), poll.Printable(i.Descr), index.IndexText())
	i.Name, i.Descr = cmp.Or(i.Name, i.Descr), cmp.Or(i.Descr, i.Name)
	i.Speed, _ = r.read(ifSpeed).number(index)
	if mega, ok := r.read(ifHighSpeed).number(index); ok && (mega >= 1 && i.Speed < 1e6 || mega > 1 || i.Speed >= speedUnknown) {
		i.Speed = mega * 1e6
	}
	if i.Speed == speedUnknown {
		i.Speed = 0
	}
	return i
}

// nameItems tells interfaces of one name apart as polls do.
func nameItems(list []Interface) {
	count := map[string]int{}
	for _, i := range list {
		count[i.Item]++
	}
	for n := range list {
		if i := &list[n]; count[i.Item] > 1 {
			i.Item += " #" + itoa(i.Index)
		}
	}
}
