package hostfile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/discover"
)

// maxObjects is how many objects one check of the kind snmp asks for.
const maxObjects = 100

// vendorChecks are checks of the kind snmp for the sensors of vendors' tables,
// which no other kind reads: one check an object, all of its rows together.
func vendorChecks(d *discover.Device, a Agent) []Check {
	var order []string
	rows := map[string][]discover.Sensor{}
	for _, s := range d.Sensors {
		if ofEntity(s) || !worthACheck(d, s) {
			continue
		}
		if rows[s.Object] == nil {
			order = append(order, s.Object)
		}
		rows[s.Object] = append(rows[s.Object], s)
	}
	var out []Check
	for _, object := range order {
		n := 0
		for part := range slices.Chunk(rows[object], maxObjects) {
			n++
			name := object
			if n > 1 {
				name += "-" + strconv.Itoa(n)
			}
			out = append(out, vendorCheck(name, part, a))
		}
	}
	return out
}

// worthACheck says that a sensor tells something that no template's check does. A
// state without a list of what is well cannot be judged.
func worthACheck(d *discover.Device, s discover.Sensor) bool {
	switch {
	case s.Module == "HOST-RESOURCES-MIB", s.Scale <= 0, s.Offset != 0:
		return false
	case s.Absent:
		return false // an alarm from the first day on, about nothing
	case d.HasUPS && (s.Kind == discover.State || s.Kind == discover.Charge || s.Kind == discover.Load || s.Kind == discover.Runtime):
		return false // the kind ups reads them
	case s.Kind == discover.State:
		return len(s.Good) > 0
	}
	return true
}

func vendorCheck(name string, rows []discover.Sensor, a Agent) Check {
	first := rows[0]
	var oids, names []string
	for _, s := range rows {
		oids, names = append(oids, s.OID.String()), append(names, s.Name)
	}
	c := Check{Name: name, Comments: []string{fmt.Sprintf("%s, %s of: %s", first.Module, first.Kind, strings.Join(names, ", "))}}
	c.Keys = []Key{{Name: "type", Value: "snmp"}, {Name: "credentials", Value: File("{{snmp}}")}, {Name: "oid", Value: oids}}
	if len(rows) == 1 && first.Name != "" {
		c.Keys = append(c.Keys, Key{Name: "label", Value: labelOf(first.Name)})
	}
	if a.Port != snmp.DefaultPort {
		c.Keys = append(c.Keys, Key{Name: "port", Value: a.Port})
	}
	if first.Kind != discover.State {
		if first.Scale != 1 {
			c.Keys = append(c.Keys, Key{Name: "multiplier", Value: first.Scale})
		}
		return c
	}
	var good []string
	for _, n := range first.Good {
		good = append(good, strconv.Itoa(n))
	}
	c.Keys = append(c.Keys, Key{Name: "expect_regexp", Value: "^(" + strings.Join(good, "|") + ")$", Comment: wordsFor(first)})
	return c
}

// labelOf is a name without what perfdata cannot hold.
func labelOf(name string) string {
	return strings.NewReplacer("=", "_", "'", "_").Replace(name)
}

// wordsFor says what the numbers of a state mean.
func wordsFor(s discover.Sensor) string {
	if len(s.GoodWords) == 0 {
		return ""
	}
	return "Well: " + strings.Join(s.GoodWords, ", ") + "."
}
