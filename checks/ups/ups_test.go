package ups

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks/internal/snmpask/asktest"
	"monitord/collectors/snmp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func device(t *testing.T, change func(*Config), objects asktest.Objects) *asktest.Device {
	t.Helper()
	d := asktest.Serve(t, objects)
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

// One failure of the mains, from the first minute to the last.
func TestAMainsFailureByTheStandard(t *testing.T) {
	d := device(t, func(*Config) {}, asktest.Objects{
		std + "2.1.0": 2, std + "2.2.0": 0, std + "2.3.0": 8, std + "2.4.0": 100, std + "2.7.0": 25, std + "4.1.0": 3,
		std + "4.4.1.5.1": 40, std + "4.4.1.5.2": 85, std + "4.4.1.2.1": 230,
	})
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{
		"supply": "OK on mains power", "battery": "OK 100 % charged, enough for 8 min", "load": "WARNING 85 % of what it can give", "alarms": "OK no alarms",
	})
	if v := asktest.Perf(t, got["battery"], "temperature"); v != 25 {
		t.Errorf("%g °C", v)
	}
	if v := d.Series["upsOutputPercentLoad{upsOutputLineIndex,2}"]; v != 85 {
		t.Errorf("series %v", d.Series)
	}
	d.Later(10 * time.Minute)
	d.Set(asktest.Objects{
		std + "4.1.0": 5, std + "2.2.0": 90, std + "2.4.0": 60, std + "6.2.1.2.1": snmp.MustOID(wellKnown + "2"), std + "6.2.1.2.2": snmp.MustOID(".1.3.6.1.4.1.99.1"),
	})
	asktest.Want(t, d.Run(t), map[string]string{
		"supply":  "CRITICAL on battery for 1 min 30 s: the mains have failed",
		"battery": "WARNING 60 % charged, enough for 8 min", "load": "WARNING 85 % of what it can give",
		"alarms": "WARNING alarms: upsAlarmOnBattery, .1.3.6.1.4.1.99.1",
	})
	d.Later(10 * time.Minute)
	d.Set(asktest.Objects{std + "2.1.0": 3, std + "2.3.0": 2, std + "2.4.0": 30, std + "6.2.1.2.1": snmp.MustOID(testInProgress), std + "6.2.1.2.2": nil})
	asktest.Want(t, d.Run(t), map[string]string{
		"supply":  "CRITICAL on battery for 1 min 30 s: the mains have failed",
		"battery": "CRITICAL 30 % charged, enough for 2 min", "load": "WARNING 85 % of what it can give", "alarms": "OK alarms: upsAlarmTestInProgress",
	})
}

func TestVendorsTreesSayTheSame(t *testing.T) {
	for name, tt := range map[string]struct {
		objects asktest.Objects
		want    map[string]string
	}{
		"APC, finer": {
			asktest.Objects{apc + "4.1.1.0": 4, apc + "2.1.1.0": 2, apc + "2.3.1.0": uint(995), apc + "2.2.3.0": 20 * time.Minute, apc + "4.3.3.0": uint(123), apc + "2.2.4.0": 2},
			map[string]string{"supply": "OK on mains power", "battery": "WARNING replace the battery (99.5 % charged, enough for 20 min)", "load": "OK 12.3 % of what it can give"},
		},
		"APC, coarser, on battery": {
			asktest.Objects{apc + "4.1.1.0": 3, apc + "2.1.2.0": time.Minute, apc + "2.2.1.0": uint(70), apc + "4.2.3.0": uint(99), apc + "2.1.1.0": 4},
			map[string]string{"supply": "CRITICAL on battery for 1 min: the mains have failed", "battery": "CRITICAL the battery is faulty or missing (70 % charged)", "load": "CRITICAL 99 % of what it can give"},
		},
		"Eaton, bypass": {
			asktest.Objects{eat + "4.5.0": 4, eat + "2.1.0": 8620, eat + "2.4.0": 100, eat + "2.5.0": 4, eat + "4.1.0": 25, eat + "7.2.1.2.1": snmp.MustOID(eat + "7.11")},
			map[string]string{"supply": "WARNING on bypass: nothing protects the load", "battery": "OK 100 % charged, enough for 2 h 23 min", "load": "OK 25 % of what it can give", "alarms": "WARNING alarms: .1.3.6.1.4.1.534.1.7.11"},
		},
		"CyberPower, off": {
			asktest.Objects{cps + "4.1.1.0": 6, cps + "2.1.1.0": 3, cps + "2.2.1.0": uint(3)},
			map[string]string{"supply": "CRITICAL the output is off", "battery": "CRITICAL 3 % charged"},
		},
		"nothing but a source that nobody knows": {
			asktest.Objects{std + "4.1.0": 1},
			map[string]string{"supply": "UNKNOWN the UPS does not say where its power comes from", "battery": "UNKNOWN the UPS says nothing about its battery"},
		},
	} {
		if _, ok := tt.want["alarms"]; !ok {
			tt.want["alarms"] = "OK no alarms"
		}
		t.Run(name, func(t *testing.T) { asktest.Want(t, device(t, func(*Config) {}, tt.objects).Run(t), tt.want) })
	}
}

func TestShortFailuresMayBeNoAlarm(t *testing.T) {
	d := device(t, func(c *Config) { c.OnBattery, c.Only = "warning", []string{"supply"} }, asktest.Objects{std + "4.1.0": 5})
	asktest.Want(t, d.Run(t), map[string]string{"supply": "WARNING on battery: the mains have failed"})
	d = device(t, func(*Config) {}, asktest.Objects{})
	asktest.Want(t, d.Run(t), map[string]string{"": "UNKNOWN the agent answers, but is no UPS that we know"})
}
