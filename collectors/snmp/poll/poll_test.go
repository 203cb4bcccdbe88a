package poll_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"
	"go.uber.org/goleak"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/testserver/snmpagent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	uptime   = ".1.3.6.1.2.1.1.3.0"
	ifName   = ".1.3.6.1.2.1.31.1.1.1.1."
	ifSpeed  = ".1.3.6.1.2.1.31.1.1.1.15."
	hcIn     = ".1.3.6.1.2.1.31.1.1.1.6."
	in32     = ".1.3.6.1.2.1.2.2.1.10."
	inErrors = ".1.3.6.1.2.1.2.2.1.14."
	broken   = ".1.3.6.1.2.1.31.1.1.1.19." // ifCounterDiscontinuityTime
)

// The places of columns.
const (
	cBroken = iota
	cHC
	cIn32
	cErrors
)

func oid(s string) snmp.OID { return snmp.MustOID(strings.TrimSuffix(s, ".")) }

func table() poll.Table {
	return poll.Table{
		Name: "interface", Keys: []snmp.OID{oid(ifName)}, Index: "ifIndex",
		Labels: []poll.Label{{Name: "ifName", OID: oid(ifName)}},
		Facts:  []poll.Column{{Metric: "ifHighSpeed", OID: oid(ifSpeed)}},
		Columns: []poll.Column{
			cBroken: {OID: oid(broken)},
			cHC:     {Metric: "ifHCInOctets", OID: oid(hcIn), Kind: poll.Counter64},
			cIn32:   {Metric: "ifInOctets", OID: oid(in32), Kind: poll.Octets32, Instead: cHC + 1},
			cErrors: {Metric: "ifInErrors", OID: oid(inErrors), Kind: poll.Counter32},
		},
		Speed: 0, SpeedUnit: 1e6, Discontinuity: cBroken,
	}
}

// device is an agent whose objects a test changes as it goes.
type device struct {
	mu      sync.Mutex
	objects map[string]gosnmp.SnmpPDU
	largest int // answer, in octets
	fault   func(*snmpagent.Reply)
	agent   *snmpagent.Agent
	session *snmp.Session
	clock   time.Time
	poller  *poll.Poller
}

func counter64(v uint64) gosnmp.SnmpPDU { return gosnmp.SnmpPDU{Type: gosnmp.Counter64, Value: v} }
func counter32(v uint32) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Type: gosnmp.Counter32, Value: uint(v)}
}
func gauge(v uint) gosnmp.SnmpPDU  { return gosnmp.SnmpPDU{Type: gosnmp.Gauge32, Value: v} }
func text(s string) gosnmp.SnmpPDU { return gosnmp.SnmpPDU{Type: gosnmp.OctetString, Value: []byte(s)} }
func ticks(d time.Duration) gosnmp.SnmpPDU {
	return gosnmp.SnmpPDU{Type: gosnmp.TimeTicks, Value: uint32(d / (10 * time.Millisecond))}
}

// newDevice serves objects; version is that of the poller.
func newDevice(t *testing.T, version snmp.Version, tab poll.Table, objects map[string]gosnmp.SnmpPDU) *device {
	t.Helper()
	d := &device{objects: objects, clock: time.Now()}
	if _, ok := objects[uptime]; !ok {
		objects[uptime] = ticks(time.Hour)
	}
	d.agent = snmpagent.New(t, nil, func(r *snmpagent.Reply) {
		d.mu.Lock()
		defer d.mu.Unlock()
		list := make([]gosnmp.SnmpPDU, 0, len(d.objects))
		for name, o := range d.objects {
			o.Name = name
			list = append(list, o)
		}
		r.Packet = snmpagent.Answer(list, r.Request)
		if raw, err := r.Packet.MarshalMsg(); err == nil && r.Request.PDUType == gosnmp.GetRequest {
			d.largest = max(d.largest, len(raw))
		}
		if d.fault != nil {
			d.fault(r)
		}
	})
	to := snmp.DefaultDevice()
	to.Address, to.Port, to.Credentials.Version, to.Credentials.Community = "127.0.0.1", d.agent.Port, version, "public"
	var err error
	if d.session, err = snmp.Open(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.session.Close() })
	d.poller = poll.New(tab, nil, func() time.Time { return d.clock })
	return d
}

// set changes objects; a nil value takes one away.
func (d *device) set(changes map[string]gosnmp.SnmpPDU) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.objects, changes)
	for name, o := range changes {
		if o.Type == 0 {
			delete(d.objects, name)
		}
	}
}

// bend changes every answer from now on; nil changes none.
func (d *device) bend(fault func(*snmpagent.Reply)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

// later lets time pass, for us and for the agent.
func (d *device) later(by time.Duration) {
	d.clock = d.clock.Add(by)
	d.mu.Lock()
	defer d.mu.Unlock()
	up := d.objects[uptime]
	up.Value = up.Value.(uint32) + uint32(by/(10*time.Millisecond))
	d.objects[uptime] = up
}

func (d *device) poll(t *testing.T) poll.Reading {
	t.Helper()
	r, err := d.poller.Poll(t.Context(), d.session)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func one(t *testing.T, r poll.Reading, name string) poll.Row {
	t.Helper()
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %s in %+v", name, r.Rows)
	return poll.Row{}
}

func happened(r poll.Reading) string {
	var list []string
	for _, h := range r.Happened {
		list = append(list, strings.TrimSpace(string(h.Kind)+" "+h.Row))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// sink keeps samples as text.
type sink map[string]float64

func (s sink) Add(name string, value float64, labels ...string) {
	s[name+"{"+strings.Join(labels, ",")+"}"] = value
}

func eth(index int, name string, octets uint64) map[string]gosnmp.SnmpPDU {
	i := fmt.Sprint(index)
	return map[string]gosnmp.SnmpPDU{
		ifName + i: text(name), ifSpeed + i: gauge(1000), broken + i: ticks(0),
		hcIn + i: counter64(octets), in32 + i: counter32(uint32(octets)), inErrors + i: counter32(0),
	}
}

func TestRatesAndSeries(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), eth(3, "Gi0/3", 1000))
	if v := one(t, d.poll(t), "Gi0/3").Values[cHC]; !v.Known || v.RateKnown {
		t.Errorf("at first: %+v, want a value without a rate", v)
	}
	d.later(time.Minute)
	d.set(map[string]gosnmp.SnmpPDU{hcIn + "3": counter64(7000)})
	r := d.poll(t)
	row := one(t, r, "Gi0/3")
	if v := row.Values[cHC]; !v.RateKnown || v.Rate != 100 || v.Number != 7000 {
		t.Errorf("%+v, want 100 a second", v)
	}
	if row.Values[cIn32].Known {
		t.Error("the 32-bit counter was read beside the 64-bit one")
	}
	if r.Elapsed != time.Minute || happened(r) != "" {
		t.Errorf("elapsed %s, %s", r.Elapsed, happened(r))
	}
	got := sink{}
	d.poller.Series(r, got)
	want := sink{"ifHCInOctets{ifIndex,3,ifName,Gi0/3}": 7000, "ifInErrors{ifIndex,3,ifName,Gi0/3}": 0, "ifHighSpeed{ifIndex,3,ifName,Gi0/3}": 1000}
	if !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// What has no 64-bit counter is summed up over wraps; what could wrap twice is no
// value.
func TestA32BitCounterWraps(t *testing.T) {
	for _, version := range []snmp.Version{snmp.V1, snmp.V2c} {
		objects := eth(1, "eth0", math.MaxUint32-999)
		delete(objects, hcIn+"1")
		objects[ifSpeed+"1"] = gauge(100)
		d := newDevice(t, version, table(), objects)
		first := one(t, d.poll(t), "eth0").Values[cIn32]
		d.later(time.Minute)
		d.set(map[string]gosnmp.SnmpPDU{in32 + "1": counter32(5000)})
		r := d.poll(t)
		v := one(t, r, "eth0").Values[cIn32]
		if !v.RateKnown || v.Rate != 100 || v.Number-first.Number != 6000 || happened(r) != "" {
			t.Errorf("version %s: %+v after %+v, %s; want 6000 more", version, v, first, happened(r))
		}
		// 100 Mbit/s cannot count 2 GB in a minute: it was reset.
		d.later(time.Minute)
		d.set(map[string]gosnmp.SnmpPDU{in32 + "1": counter32(2_000_000_000)})
		r = d.poll(t)
		if got := one(t, r, "eth0").Values[cIn32]; got.RateKnown || got.Number != v.Number || happened(r) != "reset eth0" {
			t.Errorf("version %s: %+v, %s; want a reset and no growth", version, got, happened(r))
		}
		// 10 Gbit/s wrap it every 3.4 s.
		d.set(map[string]gosnmp.SnmpPDU{ifSpeed + "1": gauge(10_000)})
		d.later(10 * time.Minute)
		d.poll(t)
		d.later(time.Minute)
		if got := one(t, d.poll(t), "eth0").Values[cIn32]; !got.Blind || got.RateKnown {
			t.Errorf("version %s: %+v; want no value at 10 Gbit/s", version, got)
		}
	}
}

func TestResetRestartAndAWrappedClockAreToldApart(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), eth(1, "eth0", 1<<40))
	step := func(what, events string, rate bool, changes map[string]gosnmp.SnmpPDU) {
		t.Helper()
		d.later(time.Minute)
		d.set(changes)
		r := d.poll(t)
		v := one(t, r, "eth0").Values[cHC]
		if happened(r) != events || v.RateKnown != rate || v.Rate > 1e6 {
			t.Errorf("%s: %q, %+v; want %q, rate %v", what, happened(r), v, events, rate)
		}
		got := sink{}
		d.poller.Series(r, got)
		if mark := got[poll.ResetMetric+"{ifIndex,1,ifName,eth0}"]; (mark == 1) == rate {
			t.Errorf("%s: the mark of a reset is %g", what, mark)
		}
	}
	d.poll(t)
	step("a 64-bit counter goes back", "reset eth0", false, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(5)})
	step("it goes on", "", true, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(6005)})
	step("its continuity is lost, and it jumps ahead", "reset eth0", false,
		map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(1 << 50), broken + "1": ticks(time.Hour)})
	step("it goes on", "", true, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(1<<50 + 6000)})
	step("the agent restarts", "restarted", false, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(700), uptime: ticks(20 * time.Second)})
	step("it goes on", "", true, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(6700)})
	d.set(map[string]gosnmp.SnmpPDU{uptime: {Type: gosnmp.TimeTicks, Value: uint32(math.MaxUint32 - 100)}})
	d.poll(t) // a restart, as far as anybody can see
	step("sysUpTime wraps after 497 days", "", true, map[string]gosnmp.SnmpPDU{hcIn + "1": counter64(12700)})
}

// Two interfaces change places: no octet of one is counted for the other.
func TestRenumberedInterfacesKeepTheirSeriesApart(t *testing.T) {
	objects := eth(1, "eth0", 1000)
	maps.Copy(objects, eth(2, "eth1", 9_000_000_000))
	d := newDevice(t, snmp.V2c, table(), objects)
	d.poll(t)
	d.later(time.Minute)
	d.set(eth(2, "eth0", 7000))
	d.set(eth(1, "eth1", 9_000_060_000))
	d.set(eth(5, "eth9", 5))
	r := d.poll(t)
	if happened(r) != "appeared eth9, renumbered eth0, renumbered eth1" {
		t.Errorf("happened: %s", happened(r))
	}
	for name, want := range map[string]float64{"eth0": 7000, "eth1": 9_000_060_000} {
		if v := one(t, r, name).Values[cHC]; v.Number != want || v.RateKnown {
			t.Errorf("%s: %+v, want %g without a rate", name, v, want)
		}
	}
	d.later(10 * time.Minute)
	d.set(map[string]gosnmp.SnmpPDU{ifName + "5": {}, hcIn + "5": {}, in32 + "5": {}, inErrors + "5": {}, broken + "5": {}, ifSpeed + "5": {}})
	r = d.poll(t)
	if happened(r) != "vanished eth9" || len(r.Rows) != 2 {
		t.Errorf("%s, %d rows", happened(r), len(r.Rows))
	}
	if v := one(t, r, "eth0").Values[cHC]; !v.RateKnown {
		t.Errorf("eth0: %+v, want a rate", v)
	}
}

// The budget of a 48-port switch: ten columns in ten requests, each answer in one
// Ethernet frame.
func TestAFullSwitchFitsIntoTenRequests(t *testing.T) {
	tab := table()
	tab.Columns = tab.Columns[:1]
	for _, c := range []string{"6", "10", "7", "11"} {
		tab.Columns = append(tab.Columns, poll.Column{Metric: "hc" + c, OID: oid(".1.3.6.1.2.1.31.1.1.1." + c), Kind: poll.Counter64})
	}
	for _, c := range []string{"13", "14", "19", "20", "8"} {
		tab.Columns = append(tab.Columns, poll.Column{Metric: "c" + c, OID: oid(".1.3.6.1.2.1.2.2.1." + c), Kind: poll.Counter32})
	}
	if len(tab.Columns) != 10 {
		t.Fatal(len(tab.Columns))
	}
	objects := map[string]gosnmp.SnmpPDU{}
	for i := range 48 {
		n := fmt.Sprint(i + 1)
		objects[ifName+n], objects[ifSpeed+n], objects[broken+n] = text("Gi1/0/"+n), gauge(1000), ticks(0)
		for _, c := range tab.Columns[1:] {
			o := counter32(math.MaxUint32 - 5)
			if c.Kind == poll.Counter64 {
				o = counter64(1 << 45)
			}
			objects[c.OID.String()+"."+n] = o
		}
	}
	d := newDevice(t, snmp.V2c, tab, objects)
	d.poll(t)
	before := d.agent.Asked()
	d.later(time.Minute)
	r := d.poll(t)
	d.mu.Lock()
	largest := d.largest
	d.mu.Unlock()
	if n := d.agent.Asked() - before; n > 10 || largest > 1472 {
		t.Errorf("%d requests, the largest answer has %d octets; want at most 10 of 1472", n, largest)
	}
	if len(r.Rows) != 48 || !r.Rows[47].Values[9].Known {
		t.Errorf("%d rows, the last %+v", len(r.Rows), r.Rows[len(r.Rows)-1])
	}
}

// Names are often labels, too: their column is walked once.
func TestNamesThatAreLabelsAreWalkedOnce(t *testing.T) {
	d := newDevice(t, snmp.V2c, table(), eth(1, "eth0", 5))
	walks := map[string]int{}
	d.bend(func(r *snmpagent.Reply) {
		if r.Request.PDUType == gosnmp.GetBulkRequest {
			walks[r.Request.Variables[0].Name+"."]++
		}
	})
	r := d.poll(t)
	d.bend(nil)
	if len(r.Rows) != 1 || r.Rows[0].Name != "eth0" || !slices.Contains(r.Rows[0].Labels, "ifName") || walks[ifName] != 1 || walks[ifSpeed] != 1 {
		t.Errorf("rows %+v by walks %v", r.Rows, walks)
	}
}

// Rows that share a name are told apart, and what an agent calls them is text in
// one line.
func TestNamesAreUniqueAndPrintable(t *testing.T) {
	objects := eth(1, "port\x00", 1)
	maps.Copy(objects, eth(2, "port", 2))
	maps.Copy(objects, eth(3, "a\x1b[31m\nb]\xff", 3))
	maps.Copy(objects, eth(4, "", 4))
	d := newDevice(t, snmp.V2c, table(), objects)
	var names []string
	for _, row := range d.poll(t).Rows {
		names = append(names, row.Name)
	}
	want := []string{"port #1", "port #2", "a [31m b �", "4"}
	slices.Sort(want)
	slices.Sort(names)
	if !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
