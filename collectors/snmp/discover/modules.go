package discover

// modules are the MIBs with sensors beside those that describe themselves. UPS
// trees come first: what stands in several is told by the standard too.
func modules() []module {
	return []module{
		upsMIB, powerNetUPS, xupsMIB, cpsUPS,
		powerNetPDU, powerNetEnv, cpsPDU, sentry3, sentry4,
		ciscoEnvMon, ciscoParts, juniper, hpSwitch, arubaVSF,
		printerState, powerEthernet, lmSensors,
	}
}

// Values that several MIBs use.
const (
	tenth      = 0.1
	hundredth  = 0.01
	thousandth = 0.001
	percent    = 0.01
	tenthOfOne = 0.001 // tenths of a percent
	minutes    = 60
)

// printerState is what HOST-RESOURCES-MIB and Printer-MIB say of printers.
var printerState = module{name: "HOST-RESOURCES-MIB", root: ".1.3.6.1.2.1", objects: []object{
	{name: "hrDeviceStatus", oid: "25.3.2.1.5", kind: State, label: "device", names: "25.3.2.1.3", device: "5", words: "unknown running warning testing down", good: []int{2, 3, 4}},
	{name: "hrPrinterStatus", oid: "25.3.5.1.1", kind: State, label: "printer", words: "other unknown idle printing warmup"},
	{name: "hrPrinterDetectedErrorState", oid: "25.3.5.1.2", kind: State, label: "printer errors", bits: true},
	{name: "prtMarkerLifeCount", oid: "43.10.2.1.4", kind: Count, label: "life count of marker", none: "-1 -2"},
	{name: "prtMarkerPowerOnCount", oid: "43.10.2.1.5", kind: Count, label: "count since power-on of marker", none: "-1 -2"},
}}

// powerEthernet is RFC 3621.
var powerEthernet = module{name: "POWER-ETHERNET-MIB", root: ".1.3.6.1.2.1.105.1.3.1.1", objects: []object{
	{name: "pethMainPsePower", oid: "2", kind: Power, label: "PoE budget of unit"},
	{name: "pethMainPseOperStatus", oid: "3", kind: State, label: "PoE of unit", words: "on off faulty", good: []int{1, 2}},
	{name: "pethMainPseConsumptionPower", oid: "4", kind: Power, label: "PoE power of unit"},
}}

// lmSensors is net-snmp's view of a Linux machine's own sensors.
var lmSensors = module{name: "LM-SENSORS-MIB", root: ".1.3.6.1.4.1.2021.13.16", objects: []object{
	{name: "lmTempSensorsValue", oid: "2.1.3", kind: Temperature, scale: thousandth, names: "2.1.2"},
	{name: "lmFanSensorsValue", oid: "3.1.3", kind: FanSpeed, names: "3.1.2"},
	{name: "lmVoltSensorsValue", oid: "4.1.3", kind: Voltage, scale: thousandth, names: "4.1.2"},
}}

// ciscoEnvMon is CISCO-ENVMON-MIB: the sensors of older devices.
var ciscoEnvMon = module{name: "CISCO-ENVMON-MIB", root: ".1.3.6.1.4.1.9.9.13.1", objects: []object{
	{name: "ciscoEnvMonVoltageStatusValue", oid: "2.1.3", kind: Voltage, scale: thousandth, names: "2.1.2"},
	{name: "ciscoEnvMonVoltageState", oid: "2.1.7", kind: State, names: "2.1.2", words: envMonStates, good: envMonGood},
	{name: "ciscoEnvMonTemperatureStatusValue", oid: "3.1.3", kind: Temperature, names: "3.1.2", none: "0"},
	{name: "ciscoEnvMonTemperatureState", oid: "3.1.6", kind: State, names: "3.1.2", words: envMonStates, good: envMonGood},
	{name: "ciscoEnvMonFanState", oid: "4.1.3", kind: State, names: "4.1.2", words: envMonStates, good: envMonGood},
	{name: "ciscoEnvMonSupplyState", oid: "5.1.3", kind: State, names: "5.1.2", words: envMonStates, good: envMonGood},
}}

const envMonStates = "normal warning critical shutdown notPresent notFunctioning"

var envMonGood = []int{1, 5}

// ciscoParts are states of parts: power supplies, fans, modules, stacks, pairs.
var ciscoParts = module{name: "CISCO-ENTITY-FRU-CONTROL-MIB", root: ".1.3.6.1.4.1.9.9", objects: []object{
	{name: "cefcFRUPowerOperStatus", oid: "117.1.1.2.1.2", kind: State, names: entPhysicalName + " " + entPhysicalDescr,
		words: "offEnvOther on offAdmin offDenied offEnvPower offEnvTemp offEnvFan failed onButFanFail offCooling offConnectorRating onButInlinePowerFail", good: []int{2, 3}},
	{name: "cefcModuleOperStatus", oid: "117.1.2.1.1.2", kind: State, names: entPhysicalName + " " + entPhysicalDescr,
		words: "unknown ok disabled okButDiagFailed boot selfTest failed missing mismatchWithParent mismatchConfig diagFailed dormant outOfServiceAdmin outOfServiceEnvTemp poweredDown poweredUp powerDenied powerCycled okButPowerOverWarning okButPowerOverCritical syncInProgress upgrading okButAuthFailed",
		good:  []int{2, 3, 13, 15, 16}},
	{name: "cefcFanTrayOperStatus", oid: "117.1.4.1.1.1", kind: State, names: entPhysicalName + " " + entPhysicalDescr, words: "unknown up down warning", good: []int{2}},
	{name: "cRFStatusUnitState", oid: "176.1.1.2.0", kind: State, label: "redundancy of this unit", words: redundancyStates},
	{name: "cRFStatusPeerUnitState", oid: "176.1.1.4.0", kind: State, label: "redundancy of the peer", words: redundancyStates},
	{name: "cRFCfgRedundancyOperMode", oid: "176.1.2.14.0", kind: State, label: "mode of redundancy",
		words: "nonRedundant staticLoadShareNonRedundant dynamicLoadShareNonRedundant staticLoadShareRedundant dynamicLoadShareRedundant coldStandbyRedundant warmStandbyRedundant hotStandbyRedundant"},
	{name: "cswSwitchState", oid: "500.1.2.1.1.6", kind: State, label: "stack member",
		words: "waiting progressing added ready sdmMismatch verMismatch featureMismatch newMasterInit provisioned invalid removed", good: []int{4, 9}},
}}

const redundancyStates = "notKnown disabled initialization negotiation standbyCold standbyColdConfig standbyColdFileSys standbyColdBulk standbyHot activeFast activeDrain activePreconfig activePostconfig active"

// juniper is JUNIPER-MIB with the alarms and the virtual chassis.
var juniper = module{name: "JUNIPER-MIB", root: ".1.3.6.1.4.1.2636.3", objects: []object{
	{name: "jnxOperatingTemp", oid: "1.13.1.7", kind: Temperature, names: "1.13.1.5", none: "0"},
	{name: "jnxFruState", oid: "1.15.1.8", kind: State, names: "1.15.1.5",
		words: "unknown empty present ready announceOnline online anounceOffline offline diagnostic standby", good: []int{2, 3, 4, 5, 6, 10}},
	{name: "jnxYellowAlarmState", oid: "4.2.2.1.0", kind: State, label: "yellow alarm", words: "other off on", good: []int{2}},
	{name: "jnxRedAlarmState", oid: "4.2.3.1.0", kind: State, label: "red alarm", words: "other off on", good: []int{2}},
	{name: "jnxVirtualChassisMemberRole", oid: "40.1.4.1.1.1.3", kind: State, label: "role of member", names: "40.1.4.1.1.1.2", words: "master backup linecard"},
	{name: "jnxDomCurrentRxLaserPower", oid: "60.1.1.1.1.5", kind: Signal, scale: hundredth, label: "received", names: ".1.3.6.1.2.1.31.1.1.1.1", none: "0"},
	{name: "jnxDomCurrentTxLaserBiasCurrent", oid: "60.1.1.1.1.6", kind: Current, scale: 1e-6, label: "bias", names: ".1.3.6.1.2.1.31.1.1.1.1", none: "0"},
	{name: "jnxDomCurrentTxLaserOutputPower", oid: "60.1.1.1.1.7", kind: Signal, scale: hundredth, label: "sent", names: ".1.3.6.1.2.1.31.1.1.1.1", none: "0"},
	{name: "jnxDomCurrentModuleTemperature", oid: "60.1.1.1.1.8", kind: Temperature, label: "transceiver", names: ".1.3.6.1.2.1.31.1.1.1.1", none: "0"},
}}

// hpSwitch is HP-ICF-CHASSIS: fans, power supplies and temperature as states.
var hpSwitch = module{name: "HP-ICF-CHASSIS", root: ".1.3.6.1.4.1.11.2.14.11.1.2", objects: []object{
	{name: "hpicfSensorStatus", oid: "6.1.4", kind: State, names: "6.1.7", words: "unknown bad warning good notPresent", good: []int{4, 5}},
}}

// arubaVSF is ARUBAWIRED-VSFv2-MIB: the stack, in words.
var arubaVSF = module{name: "ARUBAWIRED-VSFv2-MIB", root: ".1.3.6.1.4.1.47196.4.1.1.3.15.1", objects: []object{
	{name: "arubaWiredVsfv2OperStatus", oid: "1.1.0", kind: State, label: "stack"},
	{name: "arubaWiredVsfv2MemberStatus", oid: "2.1.3", kind: State, label: "stack member", names: "2.1.7"},
}}
