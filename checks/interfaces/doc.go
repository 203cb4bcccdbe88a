// Package interfaces is the kind of check that reads a device's network
// interfaces by SNMP and judges each: up or down against what its owner wants,
// errors, discards, and how full it is.
//
// Objects: IF-MIB (RFC 2863), ifTable and ifXTable. Series are named as
// snmp_exporter's module if_mib names them, with ifAlias, ifIndex and ifName as
// labels.
package interfaces
