package discover

import (
	"slices"
	"strings"

	"monitord/collectors/snmp"
)

// module is what one MIB has of sensors.
type module struct {
	name    string
	root    string
	objects []object
	ups     bool // an agent that has any of these has a UPS
}

// object is a scalar or a column that holds values of sensors.
type object struct {
	name  string // the MIB's
	oid   string // below the module's root; one that ends in .0 is a scalar
	kind  Kind
	scale float64 // the number × scale is in the kind's unit; 0 is 1
	label string  // for people; the row's name comes behind
	names string  // the columns that name a row, below the root, parted by spaces
	// instead is the object that tells the same better: this one is left out where
	// that has a value.
	instead string
	none    string  // numbers that mean that there is no sensor, parted by spaces
	words   string  // of a state: its enumeration from 1 on, parted by spaces
	good    []int   // of a state: what means that all is well
	offset  float64 // taken off the number before it is scaled
	bits    bool    // of a state: it is a string of bits
	// device is the hrDeviceType that a row must have, below hrDeviceTypes; "" is any.
	device string
}

// objects reads the sensors of the modules in the tables of this package.
func (r *reader) objects(d *Device) {
	var look []want
	for _, m := range modules() {
		for _, o := range m.objects {
			oid, scalar := m.column(o.oid)
			look = append(look, want{oid: oid, scalar: scalar})
		}
	}
	r.peek(look)
	for _, m := range modules() {
		r.module(d, m)
	}
}

// column is an object's OID without the instance of a scalar.
func (m module) column(oid string) (column snmp.OID, scalar bool) {
	rest, scalar := strings.CutSuffix(oid, ".0")
	return snmp.MustOID(m.root + "." + rest), scalar
}

func (r *reader) module(d *Device, m module) {
	told := map[string]bool{} // objects that had a value
	for _, o := range m.objects {
		if o.instead != "" && told[o.instead] {
			continue
		}
		oid, _ := m.column(o.oid)
		for _, index := range r.read(oid).order {
			if s, ok := r.sensor(m, o, oid, index); ok {
				told[o.name] = true
				d.Sensors = append(d.Sensors, s)
				d.HasUPS = d.HasUPS || m.ups
			}
		}
	}
}

// sensor makes a sensor of one value; ok is false when it is none.
func (r *reader) sensor(m module, o object, oid, index snmp.OID) (Sensor, bool) {
	v := r.read(oid).cells[index]
	s := Sensor{Module: m.name, Object: o.name, OID: oid + index, Kind: o.kind, Scale: o.scale, Offset: o.offset, Good: o.good, GoodWords: o.goodWords()}
	if s.Scale == 0 {
		s.Scale = 1
	}
	if o.device != "" && r.read(snmp.MustOID(hrDeviceType)).cells[index].Value() != snmp.MustOID(hrDeviceTypes+o.device) {
		return s, false
	}
	s.Name = r.sensorName(m, o, index)
	number, ok := v.Number()
	switch {
	case v.Missing():
		return s, false
	case !ok && o.kind == State: // enumerations in words, or bits
		if o.bits {
			s.Value, ok = bitsOf(v)
			return s, ok
		}
		s.Text = Line(v.Raw)
		return s, v.Type == snmp.TypeOctetString
	case !ok:
		if number, ok = numberIn(v); !ok {
			return s, false
		}
	}
	for none := range strings.FieldsSeq(o.none) {
		if none == itof(number) {
			return s, false
		}
	}
	if words := strings.Fields(o.words); o.kind == State && number >= 1 && int(number) <= len(words) {
		s.Text = words[int(number)-1]
		s.Absent = slices.Contains(absentWords, s.Text) && !slices.Contains(o.good, int(number))
	}
	s.Value = times(number-o.offset, s.Scale)
	return s, true
}

// absentWords are what states say where there is nothing to be well or not: an empty
// slot, a probe that is not plugged in, what the agent cannot tell.
var absentWords = []string{
	"unknown", "notKnown", "other", "notPresent", "notFound", "empty", "missing", "removed", "noBatteryPresent", "batteryNotPresent", "notSupported", "notsupported",
}

// goodWords are the words of what is well.
func (o object) goodWords() []string {
	words := strings.Fields(o.words)
	var good []string
	for _, n := range o.good {
		if n >= 1 && n <= len(words) {
			good = append(good, words[n-1])
		}
	}
	return good
}

// sensorName is the label with the row's own name or index behind it.
func (r *reader) sensorName(m module, o object, index snmp.OID) string {
	var columns []string
	for c := range strings.FieldsSeq(o.names) {
		if !strings.HasPrefix(c, ".") {
			c = m.root + "." + c
		}
		columns = append(columns, c)
	}
	if name := r.name(columns, index); name != "" {
		return strings.TrimSpace(o.label + " " + name)
	}
	if index == scalarIndex {
		return o.label
	}
	return o.label + " " + index.IndexText()
}
