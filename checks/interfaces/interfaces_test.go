package interfaces

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	name, alias, speed, in, out   = ifXEntry + "1.", ifXEntry + "18.", ifXEntry + "15.", ifXEntry + "6.", ifXEntry + "10."
	admin, oper                   = ifEntry + "7.", ifEntry + "8."
	inErrors, outErrors, discards = ifEntry + "14.", ifEntry + "20.", ifEntry + "13."
)

// port is an interface of 1 Gbit/s with nothing wrong.
func port(index int, called string, adminStatus, operStatus int) asktest.Objects {
	i := fmt.Sprint(index)
	return asktest.Objects{
		name + i: called, alias + i: "to " + called, speed + i: uint(1000), admin + i: adminStatus, oper + i: operStatus,
		in + i: uint64(1 << 40), out + i: uint64(1 << 40), inErrors + i: uint32(5), outErrors + i: uint32(0), discards + i: uint32(0),
	}
}

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

func TestUpAndDownAgainstWhatIsWanted(t *testing.T) {
	const up, down = statusUp, statusDown
	d := device(t, func(c *Config) { c.Unused, c.Except = []string{"Gi0/9"}, []string{"Null.*"} },
		port(1, "Gi0/1", up, up), port(2, "Gi0/2", up, down), port(3, "Gi0/3", down, down), port(4, "Gi0/4", up, lowerDown),
		port(5, "Gi0/5", up, notPresent), port(6, "Gi0/6", up, statusDormant), port(7, "Gi0/7", statusTesting, statusTesting),
		port(8, "Gi0/8", up, 4), port(9, "Gi0/9", up, down), port(10, "Null0", up, down))
	const cable = "CRITICAL down, although it is switched on: cable, transceiver, or the other end"
	asktest.Want(t, d.Run(t), map[string]string{
		"Gi0/1": "OK up, 1 Gbit/s", "Gi0/2": cable, "Gi0/3": "OK switched off by its administrator", "Gi0/4": cable,
		"Gi0/5": "CRITICAL its hardware is not there (notPresent)", "Gi0/6": "OK up, 1 Gbit/s", "Gi0/7": "OK switched off by its administrator",
		"Gi0/8": "UNKNOWN the agent does not say whether it is up", "Gi0/9": "OK down, and listed as unused",
	})
	if v := d.Series["ifOperStatus{ifAlias,to Gi0/2,ifIndex,2,ifName,Gi0/2}"]; v != statusDown {
		t.Errorf("series %v", d.Series)
	}
	d = device(t, func(c *Config) { c.Down = "warning" }, port(2, "Gi0/2", up, down))
	asktest.Want(t, d.Run(t), map[string]string{"Gi0/2": "WARNING down, although it is switched on: cable, transceiver, or the other end"})
}

// Five interfaces fit into one request: a poll of twenty takes four.
func TestTwentyInterfacesTakeFourRequests(t *testing.T) {
	all := asktest.Objects{}
	for i := range 20 {
		n := fmt.Sprint(i + 1)
		maps.Copy(all, port(i+1, "GigabitEthernet1/0/"+n, statusUp, statusUp))
		maps.Copy(all, asktest.Objects{
			ifXEntry + "19." + n: time.Duration(0), ifEntry + "19." + n: uint32(0),
			ifXEntry + "7." + n: uint64(1 << 40), ifXEntry + "11." + n: uint64(1 << 40),
		})
	}
	d := device(t, func(*Config) {}, all)
	d.Run(t)
	d.Later(time.Minute)
	before := d.Agent.Asked()
	if got := d.Run(t); len(got) != 21 || d.Agent.Asked()-before != 4 {
		t.Errorf("%d results by %d requests", len(got), d.Agent.Asked()-before)
	}
}

func TestTrafficErrorsAndDiscards(t *testing.T) {
	d := device(t, func(c *Config) { c.UsageCritical = snmpask.Limit("98%") }, port(1, "Gi0/1", statusUp, statusUp))
	d.Run(t)
	const minute = 125_000_000 * 60 // octets of 1 Gbit/s
	base := uint64(1 << 40)
	var errors, drops uint32 = 5, 0
	step := func(share float64, moreErrors, moreDrops uint32, want string) checks.Result {
		t.Helper()
		base += uint64(share * minute)
		errors, drops = errors+moreErrors, drops+moreDrops
		d.Later(time.Minute)
		d.Set(asktest.Objects{in + "1": base, inErrors + "1": errors, discards + "1": drops})
		got := d.Run(t)
		asktest.Want(t, got, map[string]string{"Gi0/1": want})
		return got["Gi0/1"]
	}
	r := step(0.5, 0, 0, "OK up, 1 Gbit/s; in 500 Mbit/s, out 0 bit/s")
	for label, want := range map[string]float64{"in": 62_500_000, "out": 0, "usage": 0.5, "errors": 0, "discards": 0} {
		if v := asktest.Perf(t, r, label); v != want {
			t.Errorf("%s %g; want %g", label, v, want)
		}
	}
	step(0.95, 0, 0, "WARNING 95 % of 1 Gbit/s: in 950 Mbit/s, out 0 bit/s")
	step(1, 0, 0, "CRITICAL 100 % of 1 Gbit/s: in 1 Gbit/s, out 0 bit/s")
	step(0.1, 120, 0, "WARNING errors: 2 in and 0 out each second")
	step(0.1, 0, 1200, "WARNING packets discarded: 20 in and 0 out each second")
	step(0.1, 0, 0, "OK up, 1 Gbit/s; in 100 Mbit/s, out 0 bit/s")
	// A counter that goes back is a reset, and a line in the journal; never a peak.
	d.Later(time.Minute)
	d.Set(asktest.Objects{in + "1": uint64(7)})
	got := d.Run(t)["Gi0/1"]
	if got.State != checks.OK || len(got.Notes) != 1 || got.Notes[0].ID != "snmpask.reset" || slices.ContainsFunc(got.Perf, func(p checks.Perf) bool { return p.Label == "usage" }) {
		t.Errorf("after a reset: %+v", got)
	}
}

// An old agent has 32-bit counters, no names and no 64-bit speed; at 10 Gbit/s its
// counters tell nothing.
func TestOldAgents(t *testing.T) {
	old := asktest.Objects{ifEntry + "2.1": "eth0", ifEntry + "5.1": uint(100_000_000), ifEntry + "7.1": 1, ifEntry + "8.1": 1, ifEntry + "10.1": uint32(4294967000), ifEntry + "16.1": uint32(0)}
	d := device(t, func(*Config) {}, old)
	asktest.Want(t, d.Run(t), map[string]string{"eth0": "OK up, 100 Mbit/s"})
	d.Later(time.Minute)
	d.Set(asktest.Objects{ifEntry + "10.1": uint32(74_999_704), ifEntry + "16.1": uint32(7500)})
	asktest.Want(t, d.Run(t), map[string]string{"eth0": "OK up, 100 Mbit/s; in 10 Mbit/s, out 1 kbit/s"})
	d = device(t, func(*Config) {}, old, asktest.Objects{speed + "1": uint(10_000)})
	d.Run(t)
	d.Later(time.Minute)
	d.Set(asktest.Objects{ifEntry + "10.1": uint32(7000)})
	got := d.Run(t)
	if r := got["eth0"]; r.State != checks.OK || r.Summary.ID != "interfaces.blind" {
		t.Errorf("%s %s", r.State, asktest.Say(r))
	}
}

// An agent that never told whether its interfaces are up is measured; one that stops
// telling ends no alarm.
func TestAgentsThatDoNotTellWhetherInterfacesAreUp(t *testing.T) {
	const only = "OK only measured: the agent says of no interface whether it is up"
	agent := asktest.Objects{ifEntry + "2.1": "ge-0/0/0", ifEntry + "2.2": "ge-0/0/1", in + "1": uint64(1), out + "1": uint64(1), inErrors + "1": uint32(0), outErrors + "1": uint32(0)}
	d := device(t, func(*Config) {}, agent)
	asktest.Want(t, d.Run(t), map[string]string{"ge-0/0/0": only, "ge-0/0/1": only})
	d.Later(time.Minute)
	d.Set(asktest.Objects{inErrors + "1": uint32(120)})
	asktest.Want(t, d.Run(t), map[string]string{"ge-0/0/0": "WARNING errors: 2 in and 0 out each second", "ge-0/0/1": only})

	d = device(t, func(*Config) {}, agent)
	d.Previous = map[string]checks.State{"ge-0/0/1": checks.Critical}
	asktest.Want(t, d.Run(t), map[string]string{"ge-0/0/0": only, "ge-0/0/1": "UNKNOWN the agent does not say whether it is up"})
	d = device(t, func(c *Config) { c.Unused = []string{"tun0"} }, port(1, "tun0", statusUp, statusUnknown), port(2, "eth0", statusUp, statusUp))
	asktest.Want(t, d.Run(t), map[string]string{"tun0": "OK the agent does not say whether it is up", "eth0": "OK up, 1 Gbit/s"})
}

// Whoever runs the check and knows no states of before: silence ends no alarm.
func TestAnAgentThatStopsTellingEndsNoAlarm(t *testing.T) {
	d := device(t, func(*Config) {}, port(1, "Gi0/1", statusUp, statusDown))
	d.Run(t)
	d.Later(time.Minute)
	d.Set(asktest.Objects{oper + "1": nil})
	asktest.Want(t, d.Run(t), map[string]string{"Gi0/1": "UNKNOWN the agent does not say whether it is up"})
}
