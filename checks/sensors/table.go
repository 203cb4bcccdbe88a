package sensors

import (
	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// The parts of a reading.
const (
	partStandard = iota // entPhySensorTable
	partCisco           // entSensorValueTable
	partThresholds
)

// The places of what is judged, in Facts and Columns.
const (
	factType = iota
	factScale
	factPrecision
)

const (
	colValue = iota
	colStatus
)

// The values of entPhySensorOperStatus (RFC 3433).
const (
	statusOK             = 1
	statusUnavailable    = 2
	statusNonoperational = 3
)

// kind is one type of sensor: its name in the MIB, and how its values are written.
type kind struct {
	name   string
	unit   string // behind a number; "" with ratio or without one
	factor float64
	perf   checks.Unit
}

// kinds are EntitySensorDataType (RFC 3433) by its numbers, and what Cisco's table
// adds.
var kinds = []kind{
	3: {name: "voltsAC", unit: "V"}, 4: {name: "voltsDC", unit: "V"}, 5: {name: "amperes", unit: "A"}, 6: {name: "watts", unit: "W"},
	7: {name: "hertz", unit: "Hz"}, 8: {name: "celsius", unit: "°C"}, 9: {name: "percentRH", factor: 0.01, perf: checks.UnitRatio},
	10: {name: "rpm", unit: "rpm"}, 11: {name: "cmm", unit: "m³/min"}, 12: {name: "truthvalue"}, 13: {}, 14: {name: "dBm", unit: "dBm"},
}

const (
	sensorEntry   = ".1.3.6.1.2.1.99.1.1.1."
	ciscoEntry    = ".1.3.6.1.4.1.9.9.91.1.1.1.1."
	physicalEntry = ".1.3.6.1.2.1.47.1.1.1.1."
	thresholds    = ".1.3.6.1.4.1.9.9.91.1.2.1.1."
)

// table is a table of sensors; both have the same columns.
func table(name, entry, prefix, status string) poll.Table {
	return snmpask.Table(poll.Table{
		Name: name, Index: "entPhysicalIndex",
		Keys:   []snmp.OID{snmp.MustOID(physicalEntry + "7"), snmp.MustOID(physicalEntry + "2")}, // entPhysicalName, entPhysicalDescr
		Labels: []poll.Label{{Name: "entPhysicalName", OID: snmp.MustOID(physicalEntry + "7")}, {Name: "entPhysicalDescr", OID: snmp.MustOID(physicalEntry + "2")}},
		Facts: []poll.Column{
			factType:      snmpask.Gauge(prefix+"Type", entry+"1"),
			factScale:     snmpask.Gauge(prefix+"Scale", entry+"2"),
			factPrecision: snmpask.Gauge(prefix+"Precision", entry+"3"),
		},
		Need: factType + 1,
		Columns: []poll.Column{
			colValue:  snmpask.Gauge(prefix+"Value", entry+"4"),
			colStatus: snmpask.Gauge(prefix+status, entry+"5"),
		},
	})
}

// The columns of a threshold (CISCO-ENTITY-SENSOR-MIB).
const (
	colSeverity = iota
	colEvaluation
)

// The severities, and what Evaluation is when a threshold is passed.
const (
	severityMinor = 10
	severityMajor = 20
	passed        = 1
)

func thresholdTable() poll.Table {
	return snmpask.Table(poll.Table{
		Name: "entSensorThreshold", Facts: []poll.Column{{OID: snmp.MustOID(thresholds + "2")}}, Need: 1,
		Columns: []poll.Column{
			colSeverity:   snmpask.Gauge("", thresholds+"2"),
			colEvaluation: snmpask.Gauge("", thresholds+"5"),
		},
	})
}
