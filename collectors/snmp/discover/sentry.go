package discover

// sentryStatus is DeviceStatus of Sentry4-MIB from 1 on; 0 is normal.
const sentryStatus = "disabled purged - - reading settle notFound lost readError noComm pwrError breakerTripped fuseBlown lowAlarm lowWarning highWarning highAlarm alarm underLimit overLimit nvmFail profileError conflict"

// sentryGood: normal, what somebody switched off, and what passes by itself: reading,
// settle.
var sentryGood = []int{0, 1, 5, 6}

// sentryState is DeviceState from 1 on; 0 is unknown.
const sentryState = "on off"

// sentry4 is Server Technology's Sentry4-MIB: cords, lines, phases, protectors,
// branches, outlets and probes, each named by a table of its own.
var sentry4 = module{name: "Sentry4-MIB", root: ".1.3.6.1.4.1.1718.4.1", objects: []object{
	{name: "st4UnitStatus", oid: "2.3.1.1", kind: State, label: "unit", names: "2.2.1.3", words: sentryStatus, good: sentryGood},
	{name: "st4InputCordState", oid: "3.3.1.1", kind: State, label: "state of cord", names: cordName, words: sentryState, good: []int{1}},
	{name: "st4InputCordStatus", oid: "3.3.1.2", kind: State, label: "cord", names: cordName, words: sentryStatus, good: sentryGood},
	{name: "st4InputCordActivePower", oid: "3.3.1.3", kind: Power, label: "cord", names: cordName, none: "-1"},
	{name: "st4InputCordActivePowerStatus", oid: "3.3.1.4", kind: State, label: "power of cord", names: cordName, words: sentryStatus, good: sentryGood},
	{name: "st4InputCordApparentPower", oid: "3.3.1.5", kind: Apparent, label: "cord", names: cordName, none: "-1"},
	{name: "st4InputCordApparentPowerStatus", oid: "3.3.1.6", kind: State, label: "apparent power of cord", names: cordName, words: sentryStatus, good: sentryGood},
	{name: "st4InputCordPowerUtilized", oid: "3.3.1.7", kind: Load, scale: tenthOfOne, label: "cord", names: cordName, none: "-1"},
	{name: "st4InputCordPowerFactorStatus", oid: "3.3.1.9", kind: State, label: "power factor of cord", names: cordName, words: sentryStatus, good: sentryGood},
	{name: "st4InputCordFrequency", oid: "3.3.1.11", kind: Frequency, scale: tenth, label: "cord", names: cordName, none: "-1"},
	{name: "st4InputCordOutOfBalance", oid: "3.3.1.12", kind: Share, scale: tenthOfOne, label: "out of balance, cord", names: cordName, none: "-1"},
	{name: "st4InputCordOutOfBalanceStatus", oid: "3.3.1.13", kind: State, label: "balance of cord", names: cordName, words: sentryStatus, good: sentryGood},
	{name: "st4LineState", oid: "4.3.1.1", kind: State, label: "state of line", names: lineName, words: sentryState, good: []int{1}},
	{name: "st4LineStatus", oid: "4.3.1.2", kind: State, label: "line", names: lineName, words: sentryStatus, good: sentryGood},
	{name: "st4LineCurrent", oid: "4.3.1.3", kind: Current, scale: hundredth, label: "line", names: lineName, none: "-1"},
	{name: "st4LineCurrentStatus", oid: "4.3.1.4", kind: State, label: "current of line", names: lineName, words: sentryStatus, good: sentryGood},
	{name: "st4LineCurrentUtilized", oid: "4.3.1.5", kind: Load, scale: tenthOfOne, label: "line", names: lineName, none: "-1"},
	{name: "st4PhaseState", oid: "5.3.1.1", kind: State, label: "state of phase", names: phaseName, words: sentryState, good: []int{1}},
	{name: "st4PhaseStatus", oid: "5.3.1.2", kind: State, label: "phase", names: phaseName, words: sentryStatus, good: sentryGood},
	{name: "st4PhaseVoltage", oid: "5.3.1.3", kind: Voltage, scale: tenth, label: "phase", names: phaseName, none: "-1"},
	{name: "st4PhaseVoltageStatus", oid: "5.3.1.4", kind: State, label: "voltage of phase", names: phaseName, words: sentryStatus, good: sentryGood},
	{name: "st4PhaseCurrent", oid: "5.3.1.6", kind: Current, scale: hundredth, label: "phase", names: phaseName, none: "-1"},
	{name: "st4PhaseActivePower", oid: "5.3.1.8", kind: Power, label: "phase", names: phaseName, none: "-1"},
	{name: "st4PhaseApparentPower", oid: "5.3.1.9", kind: Apparent, label: "phase", names: phaseName, none: "-1"},
	{name: "st4PhasePowerFactorStatus", oid: "5.3.1.11", kind: State, label: "power factor of phase", names: phaseName, words: sentryStatus, good: sentryGood},
	{name: "st4OcpStatus", oid: "6.3.1.1", kind: State, label: "protector", names: "6.2.1.4", words: sentryStatus, good: sentryGood},
	{name: "st4BranchState", oid: "7.3.1.1", kind: State, label: "state of branch", names: branchName, words: sentryState, good: []int{1}},
	{name: "st4BranchStatus", oid: "7.3.1.2", kind: State, label: "branch", names: branchName, words: sentryStatus, good: sentryGood},
	{name: "st4BranchCurrent", oid: "7.3.1.3", kind: Current, scale: hundredth, label: "branch", names: branchName, none: "-1"},
	{name: "st4BranchCurrentStatus", oid: "7.3.1.4", kind: State, label: "current of branch", names: branchName, words: sentryStatus, good: sentryGood},
	{name: "st4OutletStatus", oid: "8.3.1.2", kind: State, label: "outlet", names: outletName, words: sentryStatus, good: sentryGood},
	{name: "st4OutletCurrent", oid: "8.3.1.3", kind: Current, scale: hundredth, label: "outlet", names: outletName, none: "-1"},
	{name: "st4OutletActivePower", oid: "8.3.1.7", kind: Power, label: "outlet", names: outletName, none: "-1"},
	{name: "st4HumidSensorValue", oid: "10.3.1.1", kind: Humidity, scale: percent, names: "10.2.1.3", none: "-1"},
	{name: "st4HumidSensorStatus", oid: "10.3.1.2", kind: State, label: "humidity", names: "10.2.1.3", words: sentryStatus, good: sentryGood},
	{name: "st4TempSensorStatus", oid: "9.3.1.2", kind: State, label: "temperature", names: "9.2.1.3", words: sentryStatus, good: sentryGood},
}}

// Columns that name rows of Sentry4-MIB.
const (
	cordName   = "3.2.1.3"
	lineName   = "4.2.1.4"
	phaseName  = "5.2.1.4"
	branchName = "7.2.1.4"
	outletName = "8.2.1.3"
)

// sentry3 is the older Sentry3-MIB.
var sentry3 = module{name: "Sentry3-MIB", root: ".1.3.6.1.4.1.1718.3.2", objects: []object{
	{name: "infeedLoadValue", oid: "2.1.7", kind: Current, scale: hundredth, label: "infeed", names: "2.1.3", none: "-1"},
	{name: "infeedVoltage", oid: "2.1.11", kind: Voltage, scale: tenth, label: "infeed", names: "2.1.3", none: "-1"},
	{name: "infeedPower", oid: "2.1.12", kind: Power, label: "infeed", names: "2.1.3", none: "-1"},
	{name: "outletLoadValue", oid: "3.1.7", kind: Current, scale: hundredth, label: "outlet", names: "3.1.3", none: "-1"},
	{name: "tempHumidSensorHumidValue", oid: "5.1.10", kind: Humidity, scale: percent, names: "5.1.3", none: "-1"},
}}
