// Package snmpask lets checks ask SNMP agents: it stands between checks.SNMP
// and collectors/snmp, which may not import each other.
package snmpask
