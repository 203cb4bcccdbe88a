package processors

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/testserver/snmpdtest"
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

// loads are hrProcessorLoad of processors, among other devices.
func loads(percents ...int) asktest.Objects {
	o := asktest.Objects{sources[0].key + ".900": "a disk"}
	for i, v := range percents {
		o[fmt.Sprintf("%s.%d", sources[0].oid, i+1)], o[fmt.Sprintf("%s.%d", sources[0].key, i+1)] = v, fmt.Sprintf("cpu%d", i)
	}
	return o
}

func TestMeanAndBusiestAreJudged(t *testing.T) {
	for _, tt := range []struct {
		change func(*Config)
		loads  []int
		want   string
	}{
		{func(*Config) {}, []int{10, 30}, "OK 20 % of 2 processors in use; the busiest, cpu1: 30 %"},
		{func(*Config) {}, []int{100, 84}, "WARNING 92 % of 2 processors in use; the busiest, cpu0: 100 %"},
		{func(*Config) {}, []int{100}, "CRITICAL 100 % of 1 processors in use; the busiest, cpu0: 100 %"},
		{func(c *Config) { c.EachWarning = snmpask.Limit("95%") }, []int{2, 100, 0}, "WARNING 34 % of 3 processors in use; the busiest, cpu1: 100 %"},
		{func(c *Config) { c.Only = []string{"cpu0"} }, []int{2, 100, 0}, "OK 2 % of 1 processors in use; the busiest, cpu0: 2 %"},
	} {
		d := device(t, tt.change, loads(tt.loads...))
		asktest.Want(t, d.Run(t), map[string]string{"": tt.want})
		if _, ok := d.Series["hrProcessorLoad{hrDeviceIndex,1}"]; !ok {
			t.Errorf("series %v", d.Series)
		}
	}
}

func TestVendorsTablesStandIn(t *testing.T) {
	cisco, juniper, hp := sources[1].oid, sources[2].oid, sources[3].oid
	for want, objects := range map[string]asktest.Objects{
		"OK 7 % of 1 processors in use; the busiest, 1: 7 %": {cisco + ".1": uint(7)},
		"OK 3 % of 2 processors in use; the busiest, Routing Engine: 4 %": {
			juniper + ".7.1.0.0": uint(2), juniper + ".9.1.0.0": uint(4), juniper + ".2.1.0.0": uint(0), sources[2].key + ".9.1.0.0": "Routing Engine"},
		"OK 37 % of 1 processors in use; the busiest, 0: 37 %":         {hp + ".0": 37},
		"UNKNOWN the agent answers, but says nothing about processors": {},
	} {
		asktest.Want(t, device(t, func(*Config) {}, objects).Run(t), map[string]string{"": want})
	}
}

func TestTicksNeedTwoPolls(t *testing.T) {
	const raw = ".1.3.6.1.4.1.2021.11."
	d := device(t, func(*Config) {}, asktest.Objects{
		raw + "53.0": uint32(1000), raw + "54.0": uint32(0), raw + "50.0": uint32(100), raw + "51.0": uint32(0), raw + "55.0": uint32(4294967290), raw + "52.0": uint32(9)})
	asktest.Want(t, d.Run(t), map[string]string{"": "OK counted ticks only; the next poll knows how busy the processors are"})
	d.Later(time.Minute)
	d.Set(asktest.Objects{raw + "53.0": uint32(1200), raw + "54.0": uint32(100), raw + "50.0": uint32(700), raw + "55.0": uint32(94)})
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{"": "OK 70 % of all processors in use"})
	if _, ok := d.Series["ssCpuRawSystem{}"]; ok {
		t.Error("ssCpuRawSystem was read beside ssCpuRawKernel, which it contains")
	}
}

// snmpd has no load in its first minute, but ticks, which it looks at every few
// seconds.
func TestSnmpdsTicksBecomeAShare(t *testing.T) {
	agent := snmpdtest.New(t)
	cfg := DefaultConfig()
	cfg.Options = asktest.Options(t, cfg.Options, agent.Port)
	c, err := New(cfg, checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	var got checks.Result
	agent.WaitFor(func() error {
		got = asktest.Run(t, c, checks.Target{Host: "h", Address: "127.0.0.1"})[""]
		if len(got.Perf) < 2 {
			return errors.New("no share yet")
		}
		return nil
	})
	if v := asktest.Perf(t, got, "mean"); got.State == checks.Unknown || v < 0 || v > 1 {
		t.Errorf("%s %s", got.State, asktest.Say(got))
	}
}
