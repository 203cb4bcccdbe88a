package printer

import (
	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// The parts of a reading.
const (
	partSupplies = iota
	partTrays
	partPages
	partErrors
	partAlerts
)

const prt = ".1.3.6.1.2.1.43."

// A level's place in Columns, and its maximum's and unit's in Facts.
const (
	colLevel = 0
	factMax  = 0
	factUnit = 1
)

// What stands for no number (RFC 3805): levels and maxima alike.
const (
	levelOther   = -1
	levelUnknown = -2
	levelSome    = -3
)

// unitPercent is PrtMarkerSuppliesSupplyUnitTC's percent.
const unitPercent = 19

// levels is a table of things that run out.
func levels(name, index, label, key, metric, level, maximum, unit string) poll.Table {
	return snmpask.Table(poll.Table{
		Name: name, Index: index, Keys: []snmp.OID{snmp.MustOID(prt + key)}, Labels: []poll.Label{{Name: label, OID: snmp.MustOID(prt + key)}},
		Facts:   []poll.Column{factMax: snmpask.Gauge(name+"MaxCapacity", prt+maximum), factUnit: snmpask.Gauge("", prt+unit)},
		Columns: []poll.Column{colLevel: snmpask.Gauge(name+metric, prt+level)},
	})
}

func supplies() poll.Table {
	return levels("prtMarkerSupplies", "prtMarkerSuppliesIndex", "prtMarkerSuppliesDescription", "11.1.1.6", "Level", "11.1.1.9", "11.1.1.8", "11.1.1.7")
}

func trays() poll.Table {
	return levels("prtInput", "prtInputIndex", "prtInputName", "8.2.1.13", "CurrentLevel", "8.2.1.10", "8.2.1.9", "8.2.1.8")
}

func pages() poll.Table {
	life := snmpask.Gauge("prtMarkerLifeCount", prt+"10.2.1.4")
	return snmpask.Table(poll.Table{Name: "prtMarker", Index: "prtMarkerIndex", Facts: []poll.Column{{OID: life.OID}}, Need: 1, Columns: []poll.Column{life}})
}

func detected() poll.Table {
	state := snmpask.Text(".1.3.6.1.2.1.25.3.5.1.2") // hrPrinterDetectedErrorState
	state.Kind = poll.Octets
	return snmpask.Table(poll.Table{Name: "hrPrinter", Index: "hrDeviceIndex", Facts: []poll.Column{state}, Need: 1, Columns: []poll.Column{state}})
}

// The columns of prtAlertTable.
const (
	colSeverity = iota
	colText
)

// The severities of an alert.
const (
	severityCritical = 3
	severityWarning  = 4
)

func alerts() poll.Table {
	return snmpask.Table(poll.Table{Name: "prtAlert", Facts: []poll.Column{{OID: snmp.MustOID(prt + "18.1.1.2")}}, Need: 1,
		Columns: []poll.Column{colSeverity: snmpask.Gauge("", prt+"18.1.1.2"), colText: snmpask.Text(prt + "18.1.1.8")}})
}

// trouble is one bit of hrPrinterDetectedErrorState.
type trouble struct {
	name  string
	state checks.State
}

// troubles are the bits, from the highest of the first octet on (RFC 2790).
var troubles = []trouble{
	{"lowPaper", checks.OK}, {"noPaper", checks.Warning}, {"lowToner", checks.Warning}, {"noToner", checks.Critical},
	{"doorOpen", checks.Warning}, {"jammed", checks.Critical}, {"offline", checks.Critical}, {"serviceRequested", checks.Warning},
	{"inputTrayMissing", checks.Warning}, {"outputTrayMissing", checks.Warning}, {"markerSupplyMissing", checks.Warning}, {"outputNearFull", checks.OK},
	{"outputFull", checks.Warning}, {"inputTrayEmpty", checks.OK}, {"overduePreventMaint", checks.Warning},
}
