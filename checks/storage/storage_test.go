package storage

import (
	"fmt"
	"maps"
	"testing"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/collectors/snmp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func area1(index int, name, kind string, units, size, used int) asktest.Objects {
	at := func(column string) string { return fmt.Sprintf("%s%s.%d", hrStorageEntry, column, index) }
	return asktest.Objects{at("2"): snmp.MustOID(kind), at("3"): name, at("4"): units, at("5"): size, at("6"): used, at("7"): uint32(0)}
}

func merge(list ...asktest.Objects) asktest.Objects {
	all := asktest.Objects{}
	for _, o := range list {
		maps.Copy(all, o)
	}
	return all
}

func device(t *testing.T, change func(*Config), objects ...asktest.Objects) *asktest.Device {
	t.Helper()
	d := asktest.Serve(t, merge(objects...))
	cfg := DefaultConfig()
	cfg.Options = d.Options(t, cfg.Options)
	change(&cfg)
	d.Use(t, Type(), &cfg)
	return d
}

func TestAreasAreJudgedByWhatTheyAre(t *testing.T) {
	d := device(t, func(*Config) {},
		area1(1, "Physical memory", hrStorageTypes+"2", 1024, 1000, 960),
		area1(3, "Virtual memory", hrStorageTypes+"3", 1024, 2000, 1500),
		area1(6, "Memory buffers", hrStorageTypes+"1", 1024, 1000, 100),
		area1(7, "Cached memory", hrStorageTypes+"1", 1024, 400, 400),
		area1(10, "Swap space", hrStorageTypes+"3", 1024, 1000, 600),
		area1(31, "/", hrStorageTypes+"4", 4096, 1000, 960),
		area1(32, "/mnt/cd", hrStorageTypes+"4", 2048, 500, 500),
		area1(33, "/run", hrStorageTypes+"4", 4096, 10, 10),
		area1(34, "A:", hrStorageTypes+"6", 512, 0, 0),
		area1(35, "/home, type: ufs, dev: /dev/da0p2", hrFSTypes+"3", 4096, 1000, 500),
		area1(36, "/procfs, type: procfs, dev: procfs", hrFSOther, 4096, 1, 1),
		asktest.Objects{
			hrFSEntry + "5.1": 1, hrFSEntry + "7.1": 31,
			hrFSEntry + "5.2": readOnly, hrFSEntry + "7.2": 32,
		})
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{
		"Physical memory": "OK 46 % used: 460 KiB of 1000 KiB, 540 KiB free",
		"Virtual memory":  "OK 50 % used: 1000 KiB of 1.95 MiB, 1000 KiB free",
		"Swap space":      "WARNING 60 % used: 600 KiB of 1000 KiB, 400 KiB free",
		"/":               "CRITICAL 96 % used: 3.75 MiB of 3.91 MiB, 160 KiB free",
		"/mnt/cd":         "OK 100 % of 1000 KiB used, read-only",
		"/home":           "OK 50 % used: 1.95 MiB of 3.91 MiB, 1.95 MiB free",
	})
	if v := asktest.Perf(t, got["/"], "share"); v != 0.96 {
		t.Errorf("share %g", v)
	}
	for series, want := range map[string]float64{
		"hrStorageSize{hrStorageDescr,/,hrStorageIndex,31}":            1000,
		"hrStorageAllocationUnits{hrStorageDescr,/,hrStorageIndex,31}": 4096,
	} {
		if v, ok := d.Series[series]; !ok || v != want {
			t.Errorf("%s: %g, %v; want %g", series, v, ok, want)
		}
	}
}

// 9 TiB in units of 4 KiB are more than 31 bits: the agent sends what overflowed.
func TestNegativeSizesAreRepaired(t *testing.T) {
	d := device(t, func(c *Config) { c.FreeCritical = snmpask.Limit("2TiB:") },
		area1(1, "/srv", hrStorageTypes+"4", 4096, -1879048192, -2147483648))
	got := d.Run(t)
	asktest.Want(t, got, map[string]string{"/srv": "CRITICAL 88.9 % used: 8 TiB of 9 TiB, 1 TiB free"})
	if v := d.Series["hrStorageSize{hrStorageDescr,/srv,hrStorageIndex,1}"]; v != 2415919104 {
		t.Errorf("the series says %g units", v)
	}
}

func TestAnAgentWithoutStorageIsNoGoodNews(t *testing.T) {
	d := device(t, func(c *Config) { c.Only = []string{"/var"} }, area1(1, "/", hrStorageTypes+"4", 4096, 10, 1))
	if got := d.Run(t); got[""].State != checks.Unknown || got[""].Reason != checks.ReasonNoData || len(got) != 1 {
		t.Errorf("got %+v", got)
	}
}
