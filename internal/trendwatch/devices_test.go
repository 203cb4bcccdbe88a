package trendwatch

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// device writes series of a device: a line is a name, labels, and a value now
// and its growth a minute. Labels are those that our checks and snmp_exporter send.
func (l *lab) device(host string, lines string) {
	l.t.Helper()
	for line := range strings.Lines(lines) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		end := strings.LastIndexByte(line, '}') + 1
		of, err := parser.NewParser(parser.Options{}).ParseMetric(line[:end])
		if err != nil {
			l.t.Fatal(err)
		}
		var value, growth float64
		if _, err := fmt.Sscan(line[end:], &value, &growth); err != nil {
			l.t.Fatal(err)
		}
		series := labels.NewBuilder(of).Set("host", host).Set("instance", host).Set("job", "snmp").Labels()
		var times []time.Time
		var values []float64
		for i := range 40 {
			times, values = append(times, l.now.Add(time.Duration(i-40)*time.Minute)), append(values, value+growth*float64(i))
		}
		l.store(series, times, values)
	}
}

// judged lists what is judged, with its newest value.
func (l *lab) judged() map[string]float64 {
	got := map[string]float64{}
	for s, e := range l.w.book.names {
		got[s.String()] = math.Round(e.now*1000) / 1000
	}
	return got
}

func TestDevicesAreJudgedByTheirSeries(t *testing.T) {
	c := DefaultConfig()
	c.Learn = time.Hour
	l := newLab(t, time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC), c)
	l.device("sw1", `
		ifHCInOctets{ifDescr="GigabitEthernet1/0/1",ifIndex="1",ifName="Gi1/0/1"} 1e6 60000
		ifHCOutOctets{ifDescr="GigabitEthernet1/0/1",ifIndex="1",ifName="Gi1/0/1"} 1e6 120000
		ifOperStatus{ifDescr="GigabitEthernet1/0/1",ifIndex="1",ifName="Gi1/0/1"} 1 0
		ifInOctets{ifDescr="GigabitEthernet1/0/1",ifIndex="1",ifName="Gi1/0/1"} 1e6 60000
		ifHCInOctets{ifDescr="GigabitEthernet1/0/2",ifIndex="2",ifName="Gi1/0/2"} 0 0
		ifOperStatus{ifDescr="GigabitEthernet1/0/2",ifIndex="2",ifName="Gi1/0/2"} 2 0
		ifHCInOctets{ifDescr="Null0",ifIndex="9",ifName="Nu0"} 0 0
		ifHCInOctets{ifDescr="HP Switch software loopback interface",ifIndex="10",ifName="lo3"} 0 0
	`)
	// A device of the time before ifXTable: no names, 32 bits.
	l.device("old1", `
		ifInOctets{ifDescr="Ethernet0",ifIndex="1"} 1000 6000
		ifOutOctets{ifDescr="Ethernet0",ifIndex="1"} 1000 3000
		ifInOctets{ifDescr="Serial0",ifIndex="2"} 1000 600
	`)
	l.device("srv1", `
		hrStorageSize{hrStorageDescr="Physical memory",hrStorageIndex="1"} 1000 0
		hrStorageUsed{hrStorageDescr="Physical memory",hrStorageIndex="1"} 900 0
		hrStorageAllocationUnits{hrStorageDescr="Physical memory",hrStorageIndex="1"} 1024 0
		hrStorageUsed{hrStorageDescr="Cached memory",hrStorageIndex="7"} 300 0
		hrStorageAllocationUnits{hrStorageDescr="Cached memory",hrStorageIndex="7"} 1024 0
		hrStorageUsed{hrStorageDescr="Memory buffers",hrStorageIndex="6"} 100 0
		hrStorageAllocationUnits{hrStorageDescr="Memory buffers",hrStorageIndex="6"} 1024 0
		hrStorageSize{hrStorageDescr="Swap space",hrStorageIndex="10"} 2000 0
		hrStorageUsed{hrStorageDescr="Swap space",hrStorageIndex="10"} 500 0
		hrStorageAllocationUnits{hrStorageDescr="Swap space",hrStorageIndex="10"} 1024 0
		hrStorageSize{hrStorageDescr="/srv",hrStorageIndex="31"} 400 0
		hrStorageUsed{hrStorageDescr="/srv",hrStorageIndex="31"} 100 0
		hrStorageSize{hrStorageDescr="/run/lock",hrStorageIndex="32"} 400 0
		hrStorageUsed{hrStorageDescr="/run/lock",hrStorageIndex="32"} 100 0
		dskTotalLow{dskIndex="1",dskPath="/srv"} 400 0
		dskTotalHigh{dskIndex="1",dskPath="/srv"} 0 0
		dskAvailLow{dskIndex="1",dskPath="/srv"} 10 0
		dskAvailHigh{dskIndex="1",dskPath="/srv"} 0 0
		dskTotalLow{dskIndex="2",dskPath="/big"} 0 0
		dskTotalHigh{dskIndex="2",dskPath="/big"} 8 0
		dskAvailLow{dskIndex="2",dskPath="/big"} 0 0
		dskAvailHigh{dskIndex="2",dskPath="/big"} 2 0
		memAvailSwapX{} 7 0
		memTotalSwapX{} 9 0
	`)
	l.device("fw1", `
		hrStorageSize{hrStorageDescr="/, type: ufs, dev: /dev/da0p2",hrStorageIndex="3"} 10 0
		hrStorageUsed{hrStorageDescr="/, type: ufs, dev: /dev/da0p2",hrStorageIndex="3"} 5 0
		hrStorageSize{hrStorageDescr="/dev, type: devfs, dev: devfs",hrStorageIndex="4"} 2 0
		hrStorageUsed{hrStorageDescr="/dev, type: devfs, dev: devfs",hrStorageIndex="4"} 2 0
		hrStorageSize{hrStorageDescr="/dev/md0, mounted on: /var",hrStorageIndex="5"} 4 0
		hrStorageUsed{hrStorageDescr="/dev/md0, mounted on: /var",hrStorageIndex="5"} 1 0
		hrStorageSize{hrStorageDescr="UMA: VMSPACE",hrStorageIndex="6"} 2 0
		hrStorageUsed{hrStorageDescr="UMA: VMSPACE",hrStorageIndex="6"} 2 0
		hrStorageSize{hrStorageDescr="C:\\ Label:  Serial Number 7c4b",hrStorageIndex="7"} 4 0
		hrStorageUsed{hrStorageDescr="C:\\ Label:  Serial Number 7c4b",hrStorageIndex="7"} 3 0
		hrStorageSize{hrStorageDescr="RAM",hrStorageIndex="8"} 4 0
		hrStorageUsed{hrStorageDescr="RAM",hrStorageIndex="8"} 4 0
		memTotalReal{} 100 0
		memAvailReal{} 20 0
		memBuffer{} 10 0
		memCached{} 30 0
	`)
	// A host with a probe and an agent is judged by its probe alone.
	l.device("both1", `
		ifHCInOctets{ifDescr="eth0",ifIndex="2",ifName="eth0"} 1e6 60000
		node_network_receive_bytes_total{device="eth0"} 1e6 60000
		hrStorageSize{hrStorageDescr="/",hrStorageIndex="31"} 400 0
		hrStorageUsed{hrStorageDescr="/",hrStorageIndex="31"} 100 0
		node_filesystem_size_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 400 0
		node_filesystem_avail_bytes{device="/dev/vda1",fstype="ext4",mountpoint="/"} 200 0
	`)
	l.settle()
	want := map[string]float64{
		"sw1/trend[Gi1/0/1 in]": 1000, "sw1/trend[Gi1/0/1 out]": 2000,
		"old1/trend[Ethernet0 in]": 100, "old1/trend[Ethernet0 out]": 50, "old1/trend[Serial0 in]": 10,
		"srv1/trend[memory]": 0.5, "srv1/trend[free swap]": 1500 * 1024, "srv1/trend[filesystem /srv]": 0.25, "srv1/trend[filesystem /big]": 0.75,
		"fw1/trend[filesystem /]": 0.5, "fw1/trend[filesystem /var]": 0.25, `fw1/trend[filesystem C:\]`: 0.75, "fw1/trend[memory]": 0.4,
		"both1/trend[eth0 in]": 1000, "both1/trend[filesystem /]": 0.5,
	}
	got := l.judged()
	for name, v := range want {
		if now, ok := got[name]; !ok || now != v {
			t.Errorf("%s: %v (judged: %v), want %v", name, now, ok, v)
		}
		delete(got, name)
	}
	if len(got) > 0 {
		t.Errorf("judged, too: %v", got)
	}
	for s, e := range l.w.book.names {
		if host := s.Host; host == "both1" && !slices.Contains([]string{"traffic-in", "filesystem"}, e.rule.Name) {
			t.Errorf("%s is judged by rule %s", s, e.rule.Name)
		}
		if flows := strings.HasSuffix(s.Item, " in") || strings.HasSuffix(s.Item, " out"); e.rule.limited() == flows {
			t.Errorf("%s: limited %v", s, e.rule.limited())
		}
	}
}

// An image that is read-only is full from the day on which it was mounted, and
// stays so: nobody is told. A disk that fills up is another thing.
func TestAReadOnlyImageOfADeviceIsNoFullDisk(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c := DefaultConfig()
	c.Defaults = false
	for _, r := range DefaultRules() {
		if r.Name == "snmp-disks" {
			c.Rules = append(c.Rules, r)
		}
	}
	l := newLab(t, now, c)
	of := func(name, path string) labels.Labels {
		return labels.FromStrings("__name__", name, "host", "a", "instance", "a", "hrStorageDescr", path, "hrStorageIndex", path)
	}
	var times []time.Time
	var full, size, used []float64
	for i := range 4 * 288 {
		times = append(times, now.Add(time.Duration(i-4*288)*5*time.Minute))
		full, size, used = append(full, 500), append(size, 10_000), append(used, 8840+float64(i))
	}
	for i := 0; i < len(times); i += 250 { // the store takes them in the order of time
		to := min(i+250, len(times))
		l.store(of("hrStorageSize", "/iso"), times[i:to], full[i:to])
		l.store(of("hrStorageUsed", "/iso"), times[i:to], full[i:to])
		l.store(of("hrStorageSize", "/data"), times[i:to], size[i:to])
		l.store(of("hrStorageUsed", "/data"), times[i:to], used[i:to])
	}
	l.settle()
	if len(l.told) != 1 || l.told[0].Result.Item != "filesystem /data" {
		t.Errorf("told %v", l.told)
	}
}

func TestAConditionBehindACounterKeepsTheMomentsOfItsSamples(t *testing.T) {
	for expr, want := range map[string]string{
		`a`:                            `timestamp(a)`,
		`a{x="y"}`:                     `timestamp(a{x="y"})`,
		`{__name__="a"}`:               `timestamp({__name__="a"})`,
		`a{x="y"} unless on (z) b > 1`: `timestamp(a{x="y"}) unless on (z) b > 1`,
		"a\nand b":                     "timestamp(a)\nand b",
		`a and b or c`:                 `timestamp(a and b or c)`,
		`sum(a) unless b`:              `timestamp(sum(a) unless b)`,
		`a + b`:                        `timestamp(a + b)`,
	} {
		if got := around(expr, "timestamp(%s)"); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
	r := rule{RuleConfig: RuleConfig{Expr: "a unless b", Counter: true}}
	if got := r.shown(time.Minute); got != "rate(a[300s]) unless b" {
		t.Errorf("a picture shows %s", got)
	}
	r.Expr = "a + b"
	if got := r.shown(time.Hour); got != "rate((a + b)[14400s:1m])" {
		t.Errorf("a picture shows %s", got)
	}
}
