package poll_test

import (
	"testing"

	"github.com/gosnmp/gosnmp"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
)

// Text, flags, object identifiers and overflown sizes come through as what they
// are; only numbers make series.
func TestKindsOfValues(t *testing.T) {
	const entry = ".1.3.6.1.4.1.99.1."
	column := func(metric, number string, kind poll.Kind) poll.Column {
		return poll.Column{Metric: metric, OID: oid(entry + number), Kind: kind}
	}
	tab := poll.Table{
		Name: "t", Keys: []snmp.OID{oid(entry + "1")}, Speed: -1, Discontinuity: -1,
		Facts: []poll.Column{column("kind", "2", poll.Object)}, Need: 1,
		Columns: []poll.Column{column("text", "3", poll.Text), column("flags", "4", poll.Octets), column("size", "5", poll.Signed32), column("none", "6", poll.Gauge)},
	}
	integer := func(n int) gosnmp.SnmpPDU { return gosnmp.SnmpPDU{Type: gosnmp.Integer, Value: n} }
	d := newDevice(t, snmp.V2c, tab, map[string]gosnmp.SnmpPDU{
		entry + "1.1": text("a"), entry + "2.1": {Type: gosnmp.ObjectIdentifier, Value: ".1.3.6.1.2.1"},
		entry + "3.1": text("two\r\nlines"), entry + "4.1": text("\x80\x00"), entry + "5.1": integer(-2147483648),
		entry + "1.2": text("no kind"), entry + "3.2": text("x"),
	})
	r := d.poll(t)
	if len(r.Rows) != 1 || r.Rows[0].Name != "a" || r.Rows[0].Facts[0].Text != ".1.3.6.1.2.1" {
		t.Fatalf("rows %+v; want the one that has a kind", r.Rows)
	}
	v := r.Rows[0].Values
	if v[0].Text != "two lines" || v[1].Text != "\x80\x00" || v[2].Number != 1<<31 || v[3].Known {
		t.Errorf("got %+v", v)
	}
	got := sink{}
	d.poller.Series(r, got)
	if len(got) != 1 || got["size{}"] != 1<<31 {
		t.Errorf("series %v", got)
	}
}

// A device without rows that count is asked for nothing else.
func TestWhatIsNotThereCostsOneRequest(t *testing.T) {
	objects := eth(1, "eth0", 5)
	delete(objects, ifSpeed+"1")
	tab := table()
	tab.Need = 1
	d := newDevice(t, snmp.V2c, tab, objects)
	if r := d.poll(t); len(r.Rows) != 0 || d.agent.Asked() != 2 { // one looks, one reads sysUpTime
		t.Errorf("%d rows by %d requests", len(r.Rows), d.agent.Asked())
	}
}
