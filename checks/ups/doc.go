// Package ups is the kind of check that reads an uninterruptible power supply by
// SNMP and judges where its power comes from, its battery, its load and its alarms.
//
// Objects: UPS-MIB (RFC 1628), else the vendor's own tree: PowerNet-MIB (APC,
// upsBasicOutputStatus …), XUPS-MIB (Eaton, xupsOutputSource …), CPS-MIB
// (CyberPower, upsBaseOutputStatus …). The first that an agent has counts.
package ups
