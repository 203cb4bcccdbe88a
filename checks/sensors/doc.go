// Package sensors is the kind of check that reads a device's sensors by SNMP
// (temperatures, fans, voltages, currents, power, humidity, light) and judges each:
// whether it works, what the device itself says about it, and limits by type or by
// name.
//
// Objects: ENTITY-SENSOR-MIB (RFC 3433), entPhySensorTable, with names from
// ENTITY-MIB (RFC 6933), entPhysicalName and entPhysicalDescr. Where a device lacks
// it: CISCO-ENTITY-SENSOR-MIB, the draft of the same table, with its thresholds as
// the device evaluates them.
package sensors
