// Package snmpagent is the kind of check that reads what an SNMP agent says about
// itself: what it is, what it is called, and since when it runs; a restart is a
// WARNING for a while.
//
// Objects: sysDescr, sysUpTime, sysName (SNMPv2-MIB, RFC
// 3418), hrSystemUptime (RFC 2790), snmpEngineTime (RFC 3411). sysUpTime wraps after
// 497 days; snmpEngineTime, in seconds, does not, and so tells a wrap from a
// restart.
package snmpagent
