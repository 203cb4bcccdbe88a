// Package discover asks one SNMP agent what it is and what it has: its class,
// interfaces, storage, memory, processors, sensors, supplies of printers, and
// what net-snmp's snmpd watches by itself.
//
//	d, err := discover.Read(ctx, session)
//
// The error is an agent that does not answer. What is missing or broken in an
// agent that does is no error: Device.Gaps says which objects could not be read,
// and everything else is there. A device that nobody here knows still has its
// interfaces, and whatever standard tables it has.
//
// # How it asks
//
// One GETNEXT for each 20 columns says which of them an agent has at all; only
// those are walked. Trees of vendors are asked for by what is there, not by
// sysObjectID: many devices carry another maker's card. After two silences in a
// row the agent is not asked any more.
//
// # What the values are
//
// Sensors are in base units: celsius, volts, amperes, watts, hertz, seconds, a
// ratio from 0 to 1. Scales come from the MIBs: from the table itself where it
// tells them (ENTITY-SENSOR-MIB, its draft by Cisco), from the objects' UNITS
// otherwise. Each sensor carries the OID that it was read from.
//
// Sources: IF-MIB (RFC 2863), HOST-RESOURCES-MIB (RFC 2790), ENTITY-MIB (RFC
// 6933), ENTITY-SENSOR-MIB (RFC 3433), UPS-MIB (RFC 1628), Printer-MIB (RFC
// 3805), POWER-ETHERNET-MIB (RFC 3621), UCD-SNMP-MIB, LM-SENSORS-MIB; of vendors
// PowerNet-MIB (APC), XUPS-MIB (Eaton), CPS-MIB (CyberPower), Sentry3-MIB and
// Sentry4-MIB (Server Technology), CISCO-ENTITY-SENSOR-MIB, CISCO-ENVMON-MIB,
// CISCO-PROCESS-MIB, OLD-CISCO-CPU-MIB, CISCO-MEMORY-POOL-MIB,
// CISCO-ENHANCED-MEMPOOL-MIB, CISCO-ENTITY-FRU-CONTROL-MIB, CISCO-RF-MIB,
// CISCO-STACKWISE-MIB, JUNIPER-MIB, JUNIPER-ALARM-MIB, JUNIPER-VIRTUALCHASSIS-MIB,
// HP-ICF-CHASSIS, STATISTICS-MIB and NETSWITCH-MIB (HP), ARUBAWIRED-VSFv2-MIB.
package discover
