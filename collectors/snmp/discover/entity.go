package discover

import (
	"cmp"
	"math"

	"monitord/collectors/snmp"
)

// sensorTable is ENTITY-SENSOR-MIB's table (RFC 3433), or Cisco's draft of it:
// the same five columns at another place.
type sensorTable struct {
	module, object, status string
	entry                  string
}

var sensorTables = []sensorTable{
	{module: "ENTITY-SENSOR-MIB", object: "entPhySensorValue", status: "entPhySensorOperStatus", entry: ".1.3.6.1.2.1.99.1.1.1"},
	{module: "CISCO-ENTITY-SENSOR-MIB", object: "entSensorValue", status: "entSensorStatus", entry: ".1.3.6.1.4.1.9.9.91.1.1.1.1"},
}

// The columns of both.
const (
	sensorType = 1 + iota
	sensorScale
	sensorPrecision
	sensorValue
	sensorStatus
)

// sensorKinds are EntitySensorDataType, and 14 as Cisco's module has it.
var sensorKinds = map[int]Kind{
	3: Voltage, 4: Voltage, 5: Current, 6: Power, 7: Frequency, 8: Temperature, 9: Humidity, 10: FanSpeed, 11: Airflow, 12: Truth, 14: Signal,
}

// noReading are the ends of Integer32's range that RFC 3433 gives to readings
// below and above what a sensor can measure.
const noReading = 1e9

// entitySensors reads both tables; an agent that has one sensor in both has it
// once, of the standard.
func (r *reader) entitySensors(d *Device) {
	var look []snmp.OID
	for _, t := range sensorTables {
		for c := uint32(sensorType); c <= sensorStatus; c++ {
			look = append(look, snmp.MustOID(t.entry).Append(c))
		}
	}
	r.peek(wants(append(look, snmp.MustOID(entPhysicalName), snmp.MustOID(entPhysicalDescr))...))
	have := map[snmp.OID]bool{}
	for _, t := range sensorTables {
		entry := snmp.MustOID(t.entry)
		for _, index := range r.read(entry.Append(sensorValue)).order {
			if s, ok := r.entitySensor(t, entry, index); ok && !have[index] {
				have[index] = true
				d.Sensors = append(d.Sensors, s)
			}
		}
	}
}

func (r *reader) entitySensor(t sensorTable, entry snmp.OID, index snmp.OID) (Sensor, bool) {
	value, ok := r.read(entry.Append(sensorValue)).number(index)
	kind := sensorKinds[r.read(entry.Append(sensorType)).int(index)]
	if !ok || kind == "" {
		return Sensor{}, false
	}
	s := Sensor{
		Module: t.module, Object: t.object, OID: entry.Append(sensorValue) + index, Kind: kind,
		Scale:  scaleOf(r.read(entry.Append(sensorScale)).int(index), r.read(entry.Append(sensorPrecision)).int(index)),
		Status: r.read(entry.Append(sensorStatus)).int(index),
	}
	if s.Status != 0 {
		s.StatusOID = entry.Append(sensorStatus) + index
	}
	if kind == Humidity {
		s.Scale /= 100
	}
	if math.Abs(value) >= noReading && s.Status == 0 {
		return Sensor{}, false
	}
	s.Value = times(value, s.Scale)
	s.Name = cmp.Or(r.name([]string{entPhysicalName, entPhysicalDescr}, index), string(kind)+" "+index.IndexText())
	return s, true
}

// scaleOf is what a value is multiplied by: EntitySensorDataScale is 9 for units,
// one more for each factor of 1,000; precision is how many digits stand behind the
// point, or, negative, how many are lost.
func scaleOf(scale, precision int) float64 {
	exponent := 0
	if scale >= 1 && scale <= 17 {
		exponent = 3 * (scale - 9)
	}
	if precision >= -8 && precision <= 9 {
		exponent -= max(precision, 0)
	}
	return math.Pow(10, float64(exponent))
}

// times multiplies by a power of ten without its rounding: 234 × 0.1 is 23.4.
func times(v, scale float64) float64 {
	if scale > 0 && scale < 1 {
		return v / math.Round(1/scale*1e6) * 1e6
	}
	return v * scale
}
