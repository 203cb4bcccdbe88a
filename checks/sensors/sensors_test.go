package sensors

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func device(t *testing.T, change func(*Config), objects ...asktest.Objects) *asktest.Device {
	t.Helper()
	all := asktest.Objects{}
	for _, o := range objects {
		maps.Copy(all, o)
	}
	d := asktest.Serve(t, all)
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

// sensor is one row of a table, with its name.
func sensor(entry string, index int, name string, kind, scale, precision, value, status int) asktest.Objects {
	o := asktest.Objects{fmt.Sprintf("%s7.%d", physicalEntry, index): name}
	for i, v := range []int{kind, scale, precision, value, status} {
		o[fmt.Sprintf("%s%d.%d", entry, i+1, index)] = v
	}
	return o
}

func TestSensorsAreScaledAndJudged(t *testing.T) {
	d := device(t, func(c *Config) {
		c.Named = []Named{{Name: "Inlet.*", Warning: snmpask.Limit("20")}}
	},
		asktest.Objects{physicalEntry + "7.1": "Chassis", physicalEntry + "2.1": "a chassis"},
		sensor(sensorEntry, 10, "Inlet", 8, 8, 0, 24500, statusOK),
		sensor(sensorEntry, 11, "CPU", 8, 9, 1, 865, statusOK),
		sensor(sensorEntry, 12, "Fan 1", 10, 9, 0, 3969, statusOK),
		sensor(sensorEntry, 13, "Fan 2", 10, 9, 0, 0, statusOK),
		sensor(sensorEntry, 14, "12 V", 4, 9, 3, 12059, statusOK),
		sensor(sensorEntry, 15, "Bias", 5, 7, 0, 21966, statusOK),
		sensor(sensorEntry, 16, "Humidity", 9, 9, 0, 45, statusOK),
		sensor(sensorEntry, 17, "Spare", 8, 9, 0, 0, statusUnavailable),
		sensor(sensorEntry, 18, "Broken", 8, 9, 0, 20, statusNonoperational),
		sensor(sensorEntry, 19, "Beyond", 8, 9, 0, 1000000000, statusOK),
		sensor(sensorEntry, 20, "Door", 12, 9, 0, 2, statusOK),
		sensor(sensorEntry, 21, "Something", 1, 9, 0, 7, statusOK),
		sensor(sensorEntry, 22, "Meter", 6, 10, 1, 25, statusOK))
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{
		"Inlet": "WARNING 24.5 °C", "CPU": "CRITICAL 86.5 °C", "Fan 1": "OK 3969 rpm", "Fan 2": "WARNING 0 rpm", "12 V": "OK 12.1 V",
		"Bias": "OK 0.022 A", "Humidity": "OK 45 %", "Spare": "UNKNOWN no value now", "Broken": "WARNING the device says that this sensor is broken",
		"Beyond": "UNKNOWN no value now", "Door": "OK truth value 2 (1 true, 2 false)", "Meter": "OK 2500 W",
	})
	for item, want := range map[string]float64{"12 V": 12.059, "Bias": 0.021966, "Inlet": 24.5, "Humidity": 0.45} {
		if v := asktest.Perf(t, got[item], "value"); v != want {
			t.Errorf("%s: %v; want %v", item, v, want)
		}
	}
	if v := d.Series["entPhySensorValue{entPhysicalIndex,10,entPhysicalName,Inlet}"]; v != 24500 {
		t.Errorf("series %v", d.Series)
	}
}

func TestCiscosTableStandsInWithItsThresholds(t *testing.T) {
	threshold := func(index string, severity, evaluation int) asktest.Objects {
		return asktest.Objects{thresholds + "2." + index: severity, thresholds + "5." + index: evaluation}
	}
	mine := []asktest.Objects{
		sensor(ciscoEntry, 7, "Outlet", 8, 9, 0, 39, statusOK), threshold("7.1", 10, 1), threshold("7.2", 20, 2),
		sensor(ciscoEntry, 70, "Rx", 14, 9, 1, -91, statusOK), threshold("70.1", 30, 1), threshold("70.2", 10, 1),
		sensor(ciscoEntry, 71, "Quiet", 8, 9, 0, 30, statusOK), threshold("71.1", 30, 2),
	}
	d := device(t, func(*Config) {}, mine...)
	want := map[string]string{
		"Outlet": "WARNING 39 °C: beyond the device's own limit", "Rx": "CRITICAL -9.1 dBm: beyond the device's own limit", "Quiet": "OK 30 °C",
	}
	asktest.Want(t, d.Run(t), want)
	d = device(t, func(*Config) {}, append(mine, sensor(sensorEntry, 7, "Outlet", 8, 9, 0, 39, statusOK))...)
	asktest.Want(t, d.Run(t), map[string]string{"Outlet": "OK 39 °C"})
}

func TestTypesOfTheOperatorLieOnTopOfOurs(t *testing.T) {
	c := DefaultConfig()
	if err := config.DecodeBytes("f", []byte("community: {file: /x}\ntypes: {celsius: {warning: 40}, dBm: {warning: '-10:'}}\n"), &c); err != nil {
		t.Fatal(err)
	}
	if w := c.Types["celsius"].Warning; w == nil || w.Range != snmpask.Limit("40").Range || c.Types["rpm"].Warning == nil || c.Types["dBm"].Warning == nil {
		t.Errorf("got %+v", c.Types)
	}
	for yaml, want := range map[string]string{
		"types: {fahrenheit: {warning: 1}}": "there is no such type of sensor",
		"named: [{name: '('}]":              "named[0].name",
		"unavailable: maybe":                "want unknown, warning or ok",
	} {
		c := DefaultConfig()
		err := config.DecodeBytes("f", []byte("community: {file: /x}\n"+yaml+"\n"), &c)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", yaml, err, want)
		}
	}
}
