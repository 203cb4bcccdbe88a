package discover

// upsMIB is RFC 1628.
var upsMIB = module{name: "UPS-MIB", root: ".1.3.6.1.2.1.33.1", ups: true, objects: []object{
	{name: "upsBatteryStatus", oid: "2.1.0", kind: State, label: "battery", words: "unknown batteryNormal batteryLow batteryDepleted", good: []int{2}},
	{name: "upsEstimatedMinutesRemaining", oid: "2.3.0", kind: Runtime, scale: minutes, label: "time left on battery", none: "-1"},
	{name: "upsEstimatedChargeRemaining", oid: "2.4.0", kind: Charge, scale: percent, label: "battery", none: "-1"},
	{name: "upsBatteryVoltage", oid: "2.5.0", kind: Voltage, scale: tenth, label: "battery", none: "-1"},
	{name: "upsBatteryCurrent", oid: "2.6.0", kind: Current, scale: tenth, label: "battery"},
	{name: "upsBatteryTemperature", oid: "2.7.0", kind: Temperature, label: "battery"},
	{name: "upsInputFrequency", oid: "3.3.1.2", kind: Frequency, scale: tenth, label: "input"},
	{name: "upsInputVoltage", oid: "3.3.1.3", kind: Voltage, label: "input"},
	{name: "upsInputCurrent", oid: "3.3.1.4", kind: Current, scale: tenth, label: "input"},
	{name: "upsInputTruePower", oid: "3.3.1.5", kind: Power, label: "input"},
	{name: "upsOutputSource", oid: "4.1.0", kind: State, label: "source of output", words: "other none normal bypass battery booster reducer", good: []int{3, 6, 7}},
	{name: "upsOutputFrequency", oid: "4.2.0", kind: Frequency, scale: tenth, label: "output"},
	{name: "upsOutputVoltage", oid: "4.4.1.2", kind: Voltage, label: "output"},
	{name: "upsOutputCurrent", oid: "4.4.1.3", kind: Current, scale: tenth, label: "output"},
	{name: "upsOutputPower", oid: "4.4.1.4", kind: Power, label: "output"},
	{name: "upsOutputPercentLoad", oid: "4.4.1.5", kind: Load, scale: percent, label: "output"},
	{name: "upsBypassFrequency", oid: "5.1.0", kind: Frequency, scale: tenth, label: "bypass"},
	{name: "upsBypassVoltage", oid: "5.3.1.2", kind: Voltage, label: "bypass"},
	{name: "upsBypassCurrent", oid: "5.3.1.3", kind: Current, scale: tenth, label: "bypass"},
	{name: "upsBypassPower", oid: "5.3.1.4", kind: Power, label: "bypass"},
}}

// powerNetUPS is APC's tree of a UPS. Objects of higher precision come first.
var powerNetUPS = module{name: "PowerNet-MIB", root: ".1.3.6.1.4.1.318.1.1.1", ups: true, objects: []object{
	{name: "upsBasicBatteryStatus", oid: "2.1.1.0", kind: State, label: "battery", words: "unknown batteryNormal batteryLow batteryInFaultCondition noBatteryPresent", good: []int{2}},
	{name: "upsHighPrecBatteryCapacity", oid: "2.3.1.0", kind: Charge, scale: tenthOfOne, label: "battery"},
	{name: "upsAdvBatteryCapacity", oid: "2.2.1.0", kind: Charge, scale: percent, label: "battery", instead: "upsHighPrecBatteryCapacity"},
	{name: "upsHighPrecBatteryTemperature", oid: "2.3.2.0", kind: Temperature, scale: tenth, label: "battery"},
	{name: "upsAdvBatteryTemperature", oid: "2.2.2.0", kind: Temperature, label: "battery", instead: "upsHighPrecBatteryTemperature"},
	{name: "upsAdvBatteryRunTimeRemaining", oid: "2.2.3.0", kind: Runtime, scale: hundredth, label: "time left on battery"},
	{name: "upsAdvBatteryReplaceIndicator", oid: "2.2.4.0", kind: State, label: "battery to be replaced", words: "noBatteryNeedsReplacing batteryNeedsReplacing", good: []int{1}},
	{name: "upsHighPrecBatteryActualVoltage", oid: "2.3.4.0", kind: Voltage, scale: tenth, label: "battery"},
	{name: "upsAdvBatteryActualVoltage", oid: "2.2.8.0", kind: Voltage, label: "battery", instead: "upsHighPrecBatteryActualVoltage"},
	{name: "upsHighPrecInputLineVoltage", oid: "3.3.1.0", kind: Voltage, scale: tenth, label: "input"},
	{name: "upsAdvInputLineVoltage", oid: "3.2.1.0", kind: Voltage, label: "input", instead: "upsHighPrecInputLineVoltage"},
	{name: "upsHighPrecInputFrequency", oid: "3.3.4.0", kind: Frequency, scale: tenth, label: "input"},
	{name: "upsAdvInputFrequency", oid: "3.2.4.0", kind: Frequency, label: "input", instead: "upsHighPrecInputFrequency"},
	{name: "upsBasicOutputStatus", oid: "4.1.1.0", kind: State, label: "output",
		words: "unknown onLine onBattery onSmartBoost timedSleeping softwareBypass off rebooting switchedBypass hardwareFailureBypass sleepingUntilPowerReturn onSmartTrim ecoMode hotStandby onBatteryTest emergencyStaticBypass staticBypassStandby powerSavingMode spotMode eConversion",
		good:  []int{2, 4, 12, 13, 14, 15, 18, 19, 20}},
	{name: "upsHighPrecOutputVoltage", oid: "4.3.1.0", kind: Voltage, scale: tenth, label: "output"},
	{name: "upsAdvOutputVoltage", oid: "4.2.1.0", kind: Voltage, label: "output", instead: "upsHighPrecOutputVoltage"},
	{name: "upsHighPrecOutputFrequency", oid: "4.3.2.0", kind: Frequency, scale: tenth, label: "output"},
	{name: "upsAdvOutputFrequency", oid: "4.2.2.0", kind: Frequency, label: "output", instead: "upsHighPrecOutputFrequency"},
	{name: "upsHighPrecOutputLoad", oid: "4.3.3.0", kind: Load, scale: tenthOfOne, label: "output"},
	{name: "upsAdvOutputLoad", oid: "4.2.3.0", kind: Load, scale: percent, label: "output", instead: "upsHighPrecOutputLoad"},
	{name: "upsHighPrecOutputCurrent", oid: "4.3.4.0", kind: Current, scale: tenth, label: "output"},
	{name: "upsAdvOutputCurrent", oid: "4.2.4.0", kind: Current, label: "output", instead: "upsHighPrecOutputCurrent"},
	{name: "upsPhaseInputVoltage", oid: "9.2.3.1.3", kind: Voltage, label: "input phase", none: "-1"},
	{name: "upsPhaseInputCurrent", oid: "9.2.3.1.6", kind: Current, scale: tenth, label: "input phase", none: "-1"},
	{name: "upsPhaseOutputVoltage", oid: "9.3.3.1.3", kind: Voltage, label: "output phase", none: "-1"},
	{name: "upsPhaseOutputCurrent", oid: "9.3.3.1.4", kind: Current, scale: tenth, label: "output phase", none: "-1"},
	{name: "upsPhaseOutputLoad", oid: "9.3.3.1.7", kind: Apparent, label: "output phase", none: "-1"},
	{name: "upsPhaseOutputPercentLoad", oid: "9.3.3.1.10", kind: Load, scale: percent, label: "output phase", none: "-1"},
	{name: "upsPhaseOutputPower", oid: "9.3.3.1.13", kind: Power, label: "output phase", none: "-1"},
}}

const pduLoadStates = "low normal nearOverload overload notsupported"

// powerNetPDU is APC's power strips, older (rPDU) and newer (rPDU2), and switched
// outlets.
var powerNetPDU = module{name: "PowerNet-MIB", root: ".1.3.6.1.4.1.318.1.1", objects: []object{
	{name: "sPDUOutletCtl", oid: "4.4.2.1.3", kind: State, label: "outlet", names: "4.4.2.1.4",
		words: "outletOn outletOff outletReboot outletUnknown outletOnWithDelay outletOffWithDelay outletRebootWithDelay"},
	{name: "rPDUIdentDeviceLinetoLineVoltage", oid: "12.1.15.0", kind: Voltage, label: "input", none: "-1"},
	{name: "rPDUIdentDevicePowerWatts", oid: "12.1.16.0", kind: Power, label: "total", none: "-1"},
	{name: "rPDULoadStatusLoad", oid: "12.2.3.1.1.2", kind: Current, scale: tenth, label: "phase or bank"},
	{name: "rPDULoadStatusLoadState", oid: "12.2.3.1.1.3", kind: State, label: "load of phase or bank", words: "normal low nearOverload overload", good: []int{1, 2}},
	{name: "rPDUOutletStatusLoad", oid: "12.3.5.1.1.7", kind: Current, scale: tenth, label: "outlet", names: "12.3.5.1.1.2"},
	{name: "rPDU2DeviceStatusLoadState", oid: "26.4.3.1.4", kind: State, label: "load of", names: "26.4.3.1.3", words: pduLoadStates, good: []int{1, 2, 5}},
	{name: "rPDU2DeviceStatusPower", oid: "26.4.3.1.5", kind: Power, scale: 10, label: "power of", names: "26.4.3.1.3", none: "-1"},
	{name: "rPDU2DeviceStatusPowerSupplyAlarm", oid: "26.4.3.1.12", kind: State, label: "power supply of", names: "26.4.3.1.3", words: "normal alarm", good: []int{1}},
	{name: "rPDU2PhaseStatusLoadState", oid: "26.6.3.1.4", kind: State, label: "load of phase", words: pduLoadStates, good: []int{1, 2}},
	{name: "rPDU2PhaseStatusCurrent", oid: "26.6.3.1.5", kind: Current, scale: tenth, label: "phase", none: "-1"},
	{name: "rPDU2PhaseStatusVoltage", oid: "26.6.3.1.6", kind: Voltage, label: "phase", none: "-1"},
	{name: "rPDU2PhaseStatusPower", oid: "26.6.3.1.7", kind: Power, scale: 10, label: "phase", none: "-1"},
	{name: "rPDU2BankStatusLoadState", oid: "26.8.3.1.4", kind: State, label: "load of bank", words: pduLoadStates, good: []int{1, 2}},
	{name: "rPDU2BankStatusCurrent", oid: "26.8.3.1.5", kind: Current, scale: tenth, label: "bank", none: "-1"},
	{name: "rPDU2OutletMeteredStatusCurrent", oid: "26.9.4.3.1.6", kind: Current, scale: tenth, label: "outlet", names: "26.9.4.3.1.3", none: "-1"},
	{name: "rPDU2OutletMeteredStatusPower", oid: "26.9.4.3.1.7", kind: Power, label: "outlet", names: "26.9.4.3.1.3", none: "-1"},
}}

// powerNetEnv is APC's probes of temperature and humidity, on cards of their own,
// in power strips and in cabinets.
var powerNetEnv = module{name: "PowerNet-MIB", root: ".1.3.6.1.4.1.318.1.1", objects: []object{
	{name: "rPDU2SensorTempHumidityStatusTempC", oid: "26.10.2.2.1.8", kind: Temperature, scale: tenth, names: "26.10.2.2.1.3", none: "-1"},
	{name: "rPDU2SensorTempHumidityStatusRelativeHumidity", oid: "26.10.2.2.1.10", kind: Humidity, scale: percent, names: "26.10.2.2.1.3", none: "-1"},
	{name: "uioSensorStatusTemperatureDegC", oid: "25.1.2.1.6", kind: Temperature, names: "25.1.2.1.3", none: "-1"},
	{name: "uioSensorStatusHumidity", oid: "25.1.2.1.7", kind: Humidity, scale: percent, names: "25.1.2.1.3", none: "-1 0"},
	{name: "memSensorsTemperature", oid: "10.4.2.3.1.5", kind: Temperature, names: "10.4.2.3.1.3", none: "-1"},
	{name: "memSensorsHumidity", oid: "10.4.2.3.1.6", kind: Humidity, scale: percent, names: "10.4.2.3.1.3", none: "-1 0"},
	{name: "iemStatusProbeCurrentTemp", oid: "10.2.3.2.1.4", kind: Temperature, names: "10.2.3.2.1.2", none: "-1"},
	{name: "iemStatusProbeCurrentHumid", oid: "10.2.3.2.1.6", kind: Humidity, scale: percent, names: "10.2.3.2.1.2", none: "-1 0"},
}}

// xupsMIB is Eaton's (Powerware's) tree.
var xupsMIB = module{name: "XUPS-MIB", root: ".1.3.6.1.4.1.534.1", ups: true, objects: []object{
	{name: "xupsBatTimeRemaining", oid: "2.1.0", kind: Runtime, label: "time left on battery"},
	{name: "xupsBatVoltage", oid: "2.2.0", kind: Voltage, label: "battery"},
	{name: "xupsBatCurrent", oid: "2.3.0", kind: Current, label: "battery"},
	{name: "xupsBatCapacity", oid: "2.4.0", kind: Charge, scale: percent, label: "battery"},
	{name: "xupsBatteryAbmStatus", oid: "2.5.0", kind: State, label: "battery",
		words: "batteryCharging batteryDischarging batteryFloating batteryResting unknown batteryDisconnected batteryUnderTest checkBattery", good: []int{1, 3, 4, 7}},
	{name: "xupsInputFrequency", oid: "3.1.0", kind: Frequency, scale: tenth, label: "input"},
	{name: "xupsInputVoltage", oid: "3.4.1.2", kind: Voltage, label: "input phase"},
	{name: "xupsInputCurrent", oid: "3.4.1.3", kind: Current, label: "input phase"},
	{name: "xupsInputWatts", oid: "3.4.1.4", kind: Power, label: "input phase"},
	{name: "xupsOutputLoad", oid: "4.1.0", kind: Load, scale: percent, label: "output"},
	{name: "xupsOutputFrequency", oid: "4.2.0", kind: Frequency, scale: tenth, label: "output"},
	{name: "xupsOutputVoltage", oid: "4.4.1.2", kind: Voltage, label: "output phase"},
	{name: "xupsOutputCurrent", oid: "4.4.1.3", kind: Current, label: "output phase"},
	{name: "xupsOutputWatts", oid: "4.4.1.4", kind: Power, label: "output phase"},
	{name: "xupsOutputSource", oid: "4.5.0", kind: State, label: "source of output",
		words: "other none normal bypass battery booster reducer parallelCapacity parallelRedundant highEfficiencyMode maintenanceBypass essMode", good: []int{3, 6, 7, 8, 9, 10}},
	{name: "xupsBypassFrequency", oid: "5.1.0", kind: Frequency, scale: tenth, label: "bypass"},
	{name: "xupsBypassVoltage", oid: "5.3.1.2", kind: Voltage, label: "bypass phase"},
	{name: "xupsEnvAmbientTemp", oid: "6.1.0", kind: Temperature, label: "ambient"},
	{name: "xupsEnvAmbientHumidity", oid: "6.4.0", kind: Humidity, scale: percent, label: "ambient"},
	{name: "xupsEnvRemoteTemp", oid: "6.5.0", kind: Temperature, label: "remote"},
	{name: "xupsEnvRemoteHumidity", oid: "6.6.0", kind: Humidity, scale: percent, label: "remote"},
	{name: "xupsTestBatteryStatus", oid: "8.2.0", kind: State, label: "battery test", words: "unknown passed failed inProgress notSupported inhibited scheduled", good: []int{1, 2, 4, 5, 7}},
}}

// cpsUPS is CyberPower's tree of a UPS with its probe. The probe's temperature is
// in tenths of a degree Fahrenheit.
var cpsUPS = module{name: "CPS-MIB", root: ".1.3.6.1.4.1.3808.1.1", ups: true, objects: []object{
	{name: "upsBaseBatteryStatus", oid: "1.2.1.1.0", kind: State, label: "battery", words: "unknown batteryNormal batteryLow batteryNotPresent", good: []int{2}},
	{name: "upsAdvanceBatteryCapacity", oid: "1.2.2.1.0", kind: Charge, scale: percent, label: "battery"},
	{name: "upsAdvanceBatteryVoltage", oid: "1.2.2.2.0", kind: Voltage, scale: tenth, label: "battery"},
	{name: "upsAdvanceBatteryTemperature", oid: "1.2.2.3.0", kind: Temperature, label: "battery"},
	{name: "upsAdvanceBatteryRunTimeRemaining", oid: "1.2.2.4.0", kind: Runtime, scale: hundredth, label: "time left on battery"},
	{name: "upsAdvanceBatteryReplaceIndicator", oid: "1.2.2.5.0", kind: State, label: "battery to be replaced", words: "noBatteryNeedsReplacing batteryNeedsReplacing", good: []int{1}},
	{name: "upsAdvanceInputLineVoltage", oid: "1.3.2.1.0", kind: Voltage, scale: tenth, label: "input"},
	{name: "upsAdvanceInputFrequency", oid: "1.3.2.4.0", kind: Frequency, scale: tenth, label: "input"},
	{name: "upsAdvanceInputLineFailCause", oid: "1.3.2.5.0", kind: State, label: "last transfer", words: "noTransfer highLineVoltage brownout selfTest"},
	{name: "upsAdvanceInputStatus", oid: "1.3.2.6.0", kind: State, label: "input", words: "normal overVoltage underVoltage frequencyFailure blackout", good: []int{1}},
	{name: "upsBaseOutputStatus", oid: "1.4.1.1.0", kind: State, label: "output", words: "unknown onLine onBattery onBoost onSleep off rebooting onECO onBypass onBuck onOverload", good: []int{2, 4, 8, 10}},
	{name: "upsAdvanceOutputVoltage", oid: "1.4.2.1.0", kind: Voltage, scale: tenth, label: "output"},
	{name: "upsAdvanceOutputFrequency", oid: "1.4.2.2.0", kind: Frequency, scale: tenth, label: "output"},
	{name: "upsAdvanceOutputLoad", oid: "1.4.2.3.0", kind: Load, scale: percent, label: "output"},
	{name: "upsAdvanceOutputCurrent", oid: "1.4.2.4.0", kind: Current, scale: tenth, label: "output"},
}}

// cpsPDU is CyberPower's power strips and probes.
var cpsPDU = module{name: "CPS-MIB", root: ".1.3.6.1.4.1.3808.1.1", objects: []object{
	{name: "ePDULoadStatusLoad", oid: "3.2.3.1.1.2", kind: Current, scale: tenth, label: "input"},
	{name: "ePDULoadStatusVoltage", oid: "3.2.3.1.1.6", kind: Voltage, scale: tenth, label: "input", none: "-1 0"},
	{name: "ePDULoadStatusActivePower", oid: "3.2.3.1.1.7", kind: Power, label: "input", none: "-1"},
	{name: "envirTemperature", oid: "4.2.1.0", kind: Temperature, scale: tenth * 5 / 9, offset: 320, label: "environment", none: "0"},
	{name: "envirHumidity", oid: "4.3.1.0", kind: Humidity, scale: percent, label: "environment", none: "0"},
	{name: "envirContactStatus", oid: "4.4.2.1.3", kind: State, label: "contact", names: "4.4.2.1.2", words: "contactNormal contactAbnormal contactBadInput", good: []int{1}},
}}
