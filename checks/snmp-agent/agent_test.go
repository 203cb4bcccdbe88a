package snmpagent

import (
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/testserver/snmpdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const engineTime = ".1.3.6.1.6.3.10.2.1.3.0"

func device(t *testing.T, change func(*Config), objects asktest.Objects) *asktest.Device {
	t.Helper()
	d := asktest.Serve(t, objects)
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

func objects(up time.Duration) asktest.Objects {
	return asktest.Objects{
		systemGroup + "3.0": up, systemGroup + "1.0": "a switch\r\nof two lines", systemGroup + "5.0": "sw1",
		".1.3.6.1.2.1.25.1.1.0": 48 * time.Hour,
	}
}

func TestARestartIsAWarningForAWhile(t *testing.T) {
	d := device(t, func(*Config) {}, objects(time.Hour))
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{"": "OK up for 1 h: sw1, a switch of two lines"})
	if v := asktest.Perf(t, got[""], "host_up"); v != 48*3600 {
		t.Errorf("host_up %g", v)
	}
	d.Later(time.Minute)
	d.Set(asktest.Objects{systemGroup + "3.0": 30 * time.Second})
	got = d.Run(t)
	asktest.Want(t, got, map[string]string{"": "WARNING restarted 30 s ago: sw1, a switch of two lines"})
	if notes := got[""].Notes; len(notes) != 1 || notes[0].ID != "snmpask.restarted" {
		t.Errorf("notes %+v; want the restart once, although three tables saw it", notes)
	}
	d.Later(10 * time.Minute)
	asktest.Want(t, d.Run(t), map[string]string{"": "OK up for 10 min 30 s: sw1, a switch of two lines"})
	d = device(t, func(c *Config) { c.Restarted = 0 }, objects(time.Second))
	asktest.Want(t, d.Run(t), map[string]string{"": "OK up for 1 s: sw1, a switch of two lines"})
}

// After 497 days sysUpTime is 0 again; the engine's time tells.
func TestAWrapIsNoRestart(t *testing.T) {
	wrapped := objects(time.Minute)
	wrapped[engineTime] = int((1<<32)/100) + 60
	asktest.Want(t, device(t, func(*Config) {}, wrapped).Run(t), map[string]string{"": "OK up for 497 d 2 h: sw1, a switch of two lines"})
	// An engine that counts from another moment tells nothing.
	wrapped[engineTime] = 20_000_000
	asktest.Want(t, device(t, func(*Config) {}, wrapped).Run(t), map[string]string{"": "WARNING restarted 1 min ago: sw1, a switch of two lines"})
}

func TestAnotherDeviceAtTheAddress(t *testing.T) {
	d := device(t, func(c *Config) { c.Name = "sw2.*" }, objects(time.Hour))
	asktest.Want(t, d.Run(t), map[string]string{"": "CRITICAL another device answers: it is called sw1, not sw2.*"})
}

func TestSnmpdIsUpSinceAMoment(t *testing.T) {
	agent := snmpdtest.New(t, "sysName testmachine")
	cfg := DefaultConfig()
	cfg.Options = asktest.Options(t, cfg.Options, agent.Port)
	c, err := New(cfg, checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	got := asktest.Run(t, c, checks.Target{Host: "h", Address: "127.0.0.1"})[""]
	if got.State != checks.Warning || !strings.Contains(asktest.Say(got), "testmachine, Linux") {
		t.Errorf("%s %s", got.State, asktest.Say(got))
	}
	if v := asktest.Perf(t, got, "agent_up"); v > 60 || math.IsNaN(v) {
		t.Errorf("up for %g s", v)
	}
}

// Some agents have no sysUpTime: they answer, and that is well.
func TestAnAgentWithoutUptime(t *testing.T) {
	silent := asktest.Objects{systemGroup + "1.0": "a card", systemGroup + "3.0": nil}
	asktest.Want(t, device(t, func(*Config) {}, silent).Run(t), map[string]string{"": "OK answers, but does not say since when it runs: -, a card"})
	asktest.Want(t, device(t, func(c *Config) { c.Name = "pdu1" }, silent).Run(t), map[string]string{"": "CRITICAL another device answers: it is called -, not pdu1"})
}
