package interfaces

import (
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// The roots of the tables.
const (
	ifEntry  = ".1.3.6.1.2.1.2.2.1."
	ifXEntry = ".1.3.6.1.2.1.31.1.1.1."
)

// The places of what is judged, in the table's Facts and Columns.
const (
	factSpeed  = iota // bits a second
	factSpeed2        // the same, as IF-MIB had it first
	factType
)

const (
	colDiscontinuity = iota
	colAdmin
	colOper
	colIn
	colOut
	colIn32
	colOut32
	colInErrors
	colOutErrors
	colInDiscards
	colOutDiscards
	colInUnicast
	colOutUnicast
	colInUnicast32
	colOutUnicast32
)

func ifColumn(metric, number string, kind poll.Kind, instead int) poll.Column {
	return poll.Column{Metric: metric, OID: snmp.MustOID(ifEntry + number), Kind: kind, Instead: instead}
}

func ifXColumn(metric, number string, kind poll.Kind) poll.Column {
	return poll.Column{Metric: metric, OID: snmp.MustOID(ifXEntry + number), Kind: kind}
}

// table is what of IF-MIB is polled.
func table() poll.Table {
	return poll.Table{
		Name: "if_mib", Index: "ifIndex",
		Keys:   []snmp.OID{snmp.MustOID(ifXEntry + "1"), snmp.MustOID(ifEntry + "2")}, // ifName, ifDescr
		Labels: []poll.Label{{Name: "ifAlias", OID: snmp.MustOID(ifXEntry + "18")}, {Name: "ifDescr", OID: snmp.MustOID(ifEntry + "2")}, {Name: "ifName", OID: snmp.MustOID(ifXEntry + "1")}},
		Facts: []poll.Column{
			factSpeed:  {Metric: "ifHighSpeed", OID: snmp.MustOID(ifXEntry + "15")}, // in Mbit/s
			factSpeed2: {OID: snmp.MustOID(ifEntry + "5"), Instead: factSpeed + 1, Scale: 1e-6},
			factType:   {OID: snmp.MustOID(ifEntry + "3")},
		},
		Columns: []poll.Column{
			colDiscontinuity: {OID: snmp.MustOID(ifXEntry + "19")},
			colAdmin:         ifColumn("ifAdminStatus", "7", poll.Enum, 0),
			colOper:          ifColumn("ifOperStatus", "8", poll.Enum, 0),
			colIn:            ifXColumn("ifHCInOctets", "6", poll.Counter64),
			colOut:           ifXColumn("ifHCOutOctets", "10", poll.Counter64),
			colIn32:          ifColumn("ifInOctets", "10", poll.Octets32, colIn+1),
			colOut32:         ifColumn("ifOutOctets", "16", poll.Octets32, colOut+1),
			colInErrors:      ifColumn("ifInErrors", "14", poll.Counter32, 0),
			colOutErrors:     ifColumn("ifOutErrors", "20", poll.Counter32, 0),
			colInDiscards:    ifColumn("ifInDiscards", "13", poll.Counter32, 0),
			colOutDiscards:   ifColumn("ifOutDiscards", "19", poll.Counter32, 0),
			colInUnicast:     ifXColumn("ifHCInUcastPkts", "7", poll.Counter64),
			colOutUnicast:    ifXColumn("ifHCOutUcastPkts", "11", poll.Counter64),
			colInUnicast32:   ifColumn("ifInUcastPkts", "11", poll.Counter32, colInUnicast+1),
			colOutUnicast32:  ifColumn("ifOutUcastPkts", "17", poll.Counter32, colOutUnicast+1),
		},
		Speed: factSpeed, SpeedUnit: 1e6, Discontinuity: colDiscontinuity,
	}
}
