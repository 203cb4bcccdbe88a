package discover

import (
	"slices"
	"strconv"

	"monitord/collectors/snmp"
)

func itoa(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// Columns of hrStorageTable (RFC 2790).
var (
	hrStorageType  = snmp.MustOID(".1.3.6.1.2.1.25.2.3.1.2")
	hrStorageDescr = snmp.MustOID(".1.3.6.1.2.1.25.2.3.1.3")
	hrStorageUnits = snmp.MustOID(".1.3.6.1.2.1.25.2.3.1.4")
	hrStorageSize  = snmp.MustOID(".1.3.6.1.2.1.25.2.3.1.5")
	hrStorageUsed  = snmp.MustOID(".1.3.6.1.2.1.25.2.3.1.6")
	hrStorageTypes = snmp.MustOID(".1.3.6.1.2.1.25.2.1")
	hrFSTypes      = snmp.MustOID(".1.3.6.1.2.1.25.3.9")
	hrFSOther      = snmp.OID("").Append(1)
)

// storage reads hrStorageTable. Sizes are Integer32 counts of units: a negative
// one is what became of more than 2,147,483,647.
func (r *reader) storage(d *Device) {
	r.peek(wants(hrStorageDescr, hrStorageType, hrStorageUnits, hrStorageSize, hrStorageUsed))
	for _, index := range r.read(hrStorageSize).order {
		size, ok := r.read(hrStorageSize).number(index)
		if !ok {
			continue
		}
		used, _ := r.read(hrStorageUsed).number(index)
		s := Storage{Index: index.IndexText(), Name: r.read(hrStorageDescr).text(index), Unit: 1}
		if unit, ok := r.read(hrStorageUnits).number(index); ok && unit > 0 {
			s.Unit = unit
		}
		s.Size, s.Used = unsigned32(size)*s.Unit, unsigned32(used)*s.Unit
		if kind, ok := r.read(hrStorageType).cells[index].Value().Index(hrStorageTypes); ok {
			if n, ok := only(kind); ok {
				s.Type = StorageType(n)
			}
		} else if fs, ok := r.read(hrStorageType).cells[index].Value().Index(hrFSTypes); ok && fs != hrFSOther {
			s.Type = StorageFixed // FreeBSD's agent gives the type of the filesystem
		}
		d.Storage = append(d.Storage, s)
	}
}

func unsigned32(n float64) float64 {
	if n < 0 {
		return n + 1<<32
	}
	return n
}

// pool is a table of pools of memory.
type pool struct {
	module     string
	used, free string // columns; "" is none
	size       string
	percent    string   // of size that is used, in place of used and free
	names      []string // columns that name a pool, the best first
	unit       float64  // bytes; 0 is 1
}

// pools are the tables of memory that vendors have beside HOST-RESOURCES-MIB.
var pools = []pool{
	{module: "CISCO-ENHANCED-MEMPOOL-MIB", used: ".1.3.6.1.4.1.9.9.221.1.1.1.1.18", free: ".1.3.6.1.4.1.9.9.221.1.1.1.1.20", names: []string{".1.3.6.1.4.1.9.9.221.1.1.1.1.3"}},
	{module: "CISCO-ENHANCED-MEMPOOL-MIB", used: ".1.3.6.1.4.1.9.9.221.1.1.1.1.7", free: ".1.3.6.1.4.1.9.9.221.1.1.1.1.8", names: []string{".1.3.6.1.4.1.9.9.221.1.1.1.1.3"}},
	{module: "CISCO-MEMORY-POOL-MIB", used: ".1.3.6.1.4.1.9.9.48.1.1.1.5", free: ".1.3.6.1.4.1.9.9.48.1.1.1.6", names: []string{".1.3.6.1.4.1.9.9.48.1.1.1.2"}},
	{module: "CISCO-PROCESS-MIB", used: ".1.3.6.1.4.1.9.9.109.1.1.1.1.12", free: ".1.3.6.1.4.1.9.9.109.1.1.1.1.13", unit: 1024},
	{module: "JUNIPER-MIB", size: ".1.3.6.1.4.1.2636.3.1.13.1.15", percent: ".1.3.6.1.4.1.2636.3.1.13.1.11", names: []string{".1.3.6.1.4.1.2636.3.1.13.1.5"}, unit: 1 << 20},
	{module: "NETSWITCH-MIB hpGlobalMem", size: ".1.3.6.1.4.1.11.2.14.11.5.1.1.2.2.1.1.5", used: ".1.3.6.1.4.1.11.2.14.11.5.1.1.2.2.1.1.7"},
	{module: "NETSWITCH-MIB hpLocalMem", size: ".1.3.6.1.4.1.11.2.14.11.5.1.1.2.1.1.1.5", used: ".1.3.6.1.4.1.11.2.14.11.5.1.1.2.1.1.1.7"},
	{module: "UCD-SNMP-MIB memReal", size: ".1.3.6.1.4.1.2021.4.5", free: ".1.3.6.1.4.1.2021.4.6", unit: 1024},
	{module: "UCD-SNMP-MIB memSwap", size: ".1.3.6.1.4.1.2021.4.3", free: ".1.3.6.1.4.1.2021.4.4", unit: 1024},
}

// columns are those that say how large a pool is; the first has a row for each.
func (p pool) columns() []string {
	return slices.DeleteFunc([]string{p.size, p.used, p.percent, p.free}, func(s string) bool { return s == "" })
}

// memory reads the pools that have a size; of two tables of one module the first
// that has any counts.
func (r *reader) memory(d *Device) {
	var look []want
	for _, p := range pools {
		for _, c := range p.columns() {
			look = append(look, want{oid: snmp.MustOID(c)})
		}
	}
	r.peek(look)
	had := map[string]bool{}
	for _, p := range pools {
		if had[p.module] {
			continue
		}
		for _, index := range r.read(snmp.MustOID(p.columns()[0])).order {
			if m, ok := r.pool(p, index); ok {
				d.Memory = append(d.Memory, m)
				had[p.module] = true
			}
		}
	}
}

func (r *reader) pool(p pool, index snmp.OID) (Memory, bool) {
	unit := p.unit
	if unit == 0 {
		unit = 1
	}
	value := func(oid string) (float64, bool) {
		if oid == "" {
			return 0, false
		}
		n, ok := r.read(snmp.MustOID(oid)).number(index)
		return n * unit, ok
	}
	size, hasSize := value(p.size)
	used, hasUsed := value(p.used)
	free, hasFree := value(p.free)
	percent, hasPercent := value(p.percent)
	switch {
	case hasSize && hasPercent:
		used = size * percent / unit / 100
	case hasSize && hasFree && !hasUsed:
		used = size - free
	case hasUsed && hasFree && !hasSize:
		size = used + free
	case !hasSize || !hasUsed:
		return Memory{}, false
	}
	m := Memory{Source: p.module, Index: index.IndexText(), Size: size, Used: used}
	m.Name = r.name(p.names, index)
	return m, size > 0
}

// name is the text of the first of the columns that has one for the row.
func (r *reader) name(columns []string, index snmp.OID) string {
	for _, c := range columns {
		if text := Line(r.read(snmp.MustOID(c)).text(index)); text != "" {
			return text
		}
	}
	return ""
}
