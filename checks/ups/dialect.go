package ups

import (
	"strconv"

	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp/poll"
)

// supply is where the load's power comes from.
type supply int

const (
	supplyUnknown supply = iota
	onLine               // from the mains, as it comes or trimmed
	battery
	bypass // around the UPS: nothing protects the load
	off    // it gives no power
)

// condition is the state of the battery.
type condition int

const (
	conditionUnknown condition = iota
	good
	low
	faulty
)

// field is one thing that dialects have in common.
type field int

const (
	output   field = iota // a number of dialect.supplies
	charged               // 0 to 1
	left                  // seconds
	loaded                // 0 to 1
	lasting               // seconds on battery
	status                // a number of dialect.conditions
	replace               // 2 is: replace it
	degrees               // °C
	charged2              // charged, finer or coarser
	loaded2               // the same of the load
	degrees2
	fields
)

// object is where a field stands. scale turns it into its base unit.
type object struct {
	metric, oid string
	scale       float64
}

// dialect is one MIB for a UPS.
type dialect struct {
	name       string
	objects    [fields]object // one without an OID is not there
	supplies   map[int]supply
	conditions map[int]condition
}

const (
	hundredth = 0.01 // percent, and TimeTicks
	tenth     = 0.1
)

const (
	std = ".1.3.6.1.2.1.33.1."
	apc = ".1.3.6.1.4.1.318.1.1.1."
	eat = ".1.3.6.1.4.1.534.1."
	cps = ".1.3.6.1.4.1.3808.1.1.1."
)

// dialects, the standard first.
var dialects = []dialect{
	{
		name: "ups_mib",
		objects: [fields]object{
			output: {"upsOutputSource", std + "4.1", 1}, charged: {"upsEstimatedChargeRemaining", std + "2.4", hundredth},
			left: {"upsEstimatedMinutesRemaining", std + "2.3", 60}, lasting: {"upsSecondsOnBattery", std + "2.2", 1},
			status: {"upsBatteryStatus", std + "2.1", 1}, degrees: {"upsBatteryTemperature", std + "2.7", 1},
		},
		supplies:   map[int]supply{2: off, 3: onLine, 4: bypass, 5: battery, 6: onLine, 7: onLine},
		conditions: map[int]condition{2: good, 3: low, 4: low},
	},
	{
		name: "apc_ups",
		objects: [fields]object{
			output:  {"upsBasicOutputStatus", apc + "4.1.1", 1},
			charged: {"upsHighPrecBatteryCapacity", apc + "2.3.1", tenth * hundredth}, charged2: {"upsAdvBatteryCapacity", apc + "2.2.1", hundredth},
			left: {"upsAdvBatteryRunTimeRemaining", apc + "2.2.3", hundredth}, lasting: {"upsBasicBatteryTimeOnBattery", apc + "2.1.2", hundredth},
			loaded: {"upsHighPrecOutputLoad", apc + "4.3.3", tenth * hundredth}, loaded2: {"upsAdvOutputLoad", apc + "4.2.3", hundredth},
			status: {"upsBasicBatteryStatus", apc + "2.1.1", 1}, replace: {"upsAdvBatteryReplaceIndicator", apc + "2.2.4", 1},
			degrees: {"upsHighPrecBatteryTemperature", apc + "2.3.2", tenth}, degrees2: {"upsAdvBatteryTemperature", apc + "2.2.2", 1},
		},
		supplies: map[int]supply{
			2: onLine, 3: battery, 4: onLine, 5: off, 6: bypass, 7: off, 8: off, 9: bypass, 10: bypass, 11: off, 12: onLine,
			13: onLine, 14: onLine, 15: battery, 16: bypass,
		},
		conditions: map[int]condition{2: good, 3: low, 4: faulty},
	},
	{
		name: "xups_mib",
		objects: [fields]object{
			output: {"xupsOutputSource", eat + "4.5", 1}, charged: {"xupsBatCapacity", eat + "2.4", hundredth},
			left: {"xupsBatTimeRemaining", eat + "2.1", 1}, loaded: {"xupsOutputLoad", eat + "4.1", hundredth},
			status: {"xupsBatteryAbmStatus", eat + "2.5", 1}, degrees: {"xupsEnvAmbientTemp", eat + "6.1", 1},
		},
		supplies:   map[int]supply{2: off, 3: onLine, 4: bypass, 5: battery, 6: onLine, 7: onLine, 8: onLine, 9: onLine, 10: onLine},
		conditions: map[int]condition{1: good, 2: good, 3: good, 4: good, 6: faulty, 7: good, 8: faulty},
	},
	{
		name: "cps_mib",
		objects: [fields]object{
			output: {"upsBaseOutputStatus", cps + "4.1.1", 1}, charged: {"upsAdvanceBatteryCapacity", cps + "2.2.1", hundredth},
			left: {"upsAdvanceBatteryRunTimeRemaining", cps + "2.2.4", hundredth}, lasting: {"upsBaseBatteryTimeOnBattery", cps + "2.1.2", hundredth},
			loaded: {"upsAdvanceOutputLoad", cps + "4.2.3", hundredth}, status: {"upsBaseBatteryStatus", cps + "2.1.1", 1},
			replace: {"upsAdvanceBatteryReplaceIndicator", cps + "2.2.5", 1}, degrees: {"upsAdvanceBatteryTemperature", cps + "2.2.3", 1},
		},
		supplies:   map[int]supply{2: onLine, 3: battery, 4: onLine, 5: off, 6: off, 7: off, 8: onLine, 9: bypass, 10: onLine, 11: onLine},
		conditions: map[int]condition{2: good, 3: low, 4: faulty},
	},
}

// table is what of a dialect is polled, raw; the row is there when the agent says
// where the power comes from. A field without an object keeps its place.
func (d dialect) table() poll.Table {
	columns := make([]poll.Column, fields)
	for f, o := range d.objects {
		if o.oid == "" { // never asked for: it stands in for what there always is
			columns[f] = poll.Column{OID: columns[output].OID, Instead: int(output) + 1}
			continue
		}
		columns[f] = snmpask.Gauge(o.metric, o.oid)
	}
	return snmpask.Scalars(d.name, columns...)
}

// get is a field of a row in its base unit. Negative values stand for unknown ones,
// except of temperatures.
func (d dialect) get(r poll.Row, f field) (v float64, ok bool) {
	for _, one := range append([]field{f}, second[f]...) {
		value := r.Values[one]
		if d.objects[one].oid == "" || !value.Known || value.Number < 0 && f != degrees {
			continue
		}
		return value.Number * d.objects[one].scale, true
	}
	return 0, false
}

// second is what stands in for a field.
var second = map[field][]field{charged: {charged2}, loaded: {loaded2}, degrees: {degrees2}}

// lines is upsOutputTable (RFC 1628): each line's load in percent.
func lines() poll.Table {
	load := snmpask.Gauge("upsOutputPercentLoad", std+"4.4.1.5")
	return snmpask.Table(poll.Table{Name: "ups_output", Index: "upsOutputLineIndex", Facts: []poll.Column{{OID: load.OID}}, Need: 1,
		Columns: []poll.Column{load, snmpask.Gauge("upsOutputVoltage", std+"4.4.1.2"), snmpask.Gauge("upsOutputPower", std+"4.4.1.4")}})
}

// alarms is a table of what is wrong now, by the alarms' OIDs: that of RFC 1628, and
// Eaton's.
func alarms(name, descr string) poll.Table {
	what := snmpask.Text(descr)
	what.Kind = poll.Object
	return snmpask.Table(poll.Table{Name: name, Facts: []poll.Column{what}, Need: 1, Columns: []poll.Column{what}})
}

// wellKnown is below what RFC 1628 names its alarms.
const wellKnown = std + "6.3."

// alarmNames are the well-known alarms by number (RFC 1628, upsWellKnownAlarms).
var alarmNames = [...]string{
	1: "upsAlarmBatteryBad", 2: "upsAlarmOnBattery", 3: "upsAlarmLowBattery", 4: "upsAlarmDepletedBattery", 5: "upsAlarmTempBad",
	6: "upsAlarmInputBad", 7: "upsAlarmOutputBad", 8: "upsAlarmOutputOverload", 9: "upsAlarmOnBypass", 10: "upsAlarmBypassBad",
	11: "upsAlarmOutputOffAsRequested", 12: "upsAlarmUpsOffAsRequested", 13: "upsAlarmChargerFailed", 14: "upsAlarmUpsOutputOff",
	15: "upsAlarmUpsSystemOff", 16: "upsAlarmFanFailure", 17: "upsAlarmFuseFailure", 18: "upsAlarmGeneralFault",
	19: "upsAlarmDiagnosticTestFailed", 20: "upsAlarmCommunicationsLost", 21: "upsAlarmAwaitingPower", 22: "upsAlarmShutdownPending",
	23: "upsAlarmShutdownImminent", 24: "upsAlarmTestInProgress",
}

// alarmName is a well-known alarm's name, or its OID.
func alarmName(oid string) string {
	if len(oid) > len(wellKnown) && oid[:len(wellKnown)] == wellKnown {
		if n, err := strconv.Atoi(oid[len(wellKnown):]); err == nil && n > 0 && n < len(alarmNames) {
			return alarmNames[n]
		}
	}
	return oid
}
