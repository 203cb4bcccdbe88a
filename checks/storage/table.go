package storage

import (
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// The roots of the tables (RFC 2790).
const (
	hrStorageEntry = ".1.3.6.1.2.1.25.2.3.1."
	hrFSEntry      = ".1.3.6.1.2.1.25.3.8.1."
	hrStorageTypes = ".1.3.6.1.2.1.25.2.1."
	hrFSTypes      = ".1.3.6.1.2.1.25.3.9."
	hrFSOther      = hrFSTypes + "1"
)

// The parts of a reading.
const (
	partStorage = iota
	partFS
)

// The places of what is judged, in Facts and Columns.
const (
	factType  = iota
	factUnits // bytes
)

const (
	colSize = iota // units
	colUsed
)

const (
	colAccess       = iota // hrFSAccess
	colStorageIndex        // hrFSStorageIndex
)

// readOnly is the value of hrFSAccess.
const readOnly = 2

func storageTable() poll.Table {
	sized := func(metric, number string) poll.Column {
		return poll.Column{Metric: metric, OID: snmp.MustOID(hrStorageEntry + number), Kind: poll.Signed32}
	}
	return snmpask.Table(poll.Table{
		Name: "hrStorage", Index: "hrStorageIndex",
		Keys:   []snmp.OID{snmp.MustOID(hrStorageEntry + "3")}, // hrStorageDescr
		Labels: []poll.Label{{Name: "hrStorageDescr", OID: snmp.MustOID(hrStorageEntry + "3")}},
		Facts: []poll.Column{
			factType:  {OID: snmp.MustOID(hrStorageEntry + "2"), Kind: poll.Object},
			factUnits: snmpask.Gauge("hrStorageAllocationUnits", hrStorageEntry+"4"),
		},
		Columns: []poll.Column{
			colSize: sized("hrStorageSize", "5"),
			colUsed: sized("hrStorageUsed", "6"),
			2:       snmpask.Counter("hrStorageAllocationFailures", hrStorageEntry+"7"),
		},
	})
}

func fsTable() poll.Table {
	return snmpask.Table(poll.Table{
		Name: "hrFS", Facts: []poll.Column{{OID: snmp.MustOID(hrFSEntry + "5")}},
		Columns: []poll.Column{colAccess: snmpask.Gauge("", hrFSEntry+"5"), colStorageIndex: snmpask.Gauge("", hrFSEntry+"7")},
	})
}
