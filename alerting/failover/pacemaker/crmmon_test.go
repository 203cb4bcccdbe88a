package pacemaker

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"monitord/alerting/failover"
)

func recorded(t testing.TB, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata/pacemaker-2.1.5", name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestRecordedClusters(t *testing.T) {
	for _, tt := range []struct {
		file    string
		quorum  bool
		ready   string // nodes that can take over
		db, web string // where they run
		standby failover.Status
		banned  failover.Status
	}{
		{"all-on-db1.xml", true, "db1 db2", "db1", "db1", failover.StatusUndone, failover.StatusUndone},
		{"standby-moving.xml", true, "db2", "db1", "db1", failover.StatusUnknown, failover.StatusUndone},
		{"standby-done.xml", true, "db2", "db2", "db2", failover.StatusDone, failover.StatusDone},
		{"db-banned.xml", true, "db1 db2", "db2", "db1", failover.StatusUndone, failover.StatusDone},
		{"peer-offline.xml", false, "db1", "db1", "db1", failover.StatusUndone, failover.StatusUndone},
	} {
		c, err := parseMon(recorded(t, tt.file))
		if err != nil {
			t.Fatal(err)
		}
		var ready []string
		for _, n := range c.Nodes {
			if n.ready() {
				ready = append(ready, n.Name)
			}
		}
		if c.Quorum != tt.quorum || strings.Join(ready, " ") != tt.ready || len(c.Nodes) != 2 || len(c.Members) != 3 {
			t.Errorf("%s: got %+v, ready %v", tt.file, c, ready)
		}
		for id, want := range map[string]string{"db": tt.db, "ip": tt.db, "pg": tt.db, "web": tt.web} {
			if p := c.place(id); !p.Known || !p.Settled || !p.Free || !slices.Equal(p.Nodes, []string{want}) {
				t.Errorf("%s: %s is %+v; want %s", tt.file, id, p, want)
			}
		}
		if s, err := New(Config{Do: Standby, Node: "db1"}, failover.Deps{}).is(c, "db1"); s != tt.standby || err != nil {
			t.Errorf("%s: standby is %s, %v; want %s", tt.file, s, err, tt.standby)
		}
		if s, err := New(Config{Do: Ban, Resource: "db"}, failover.Deps{}).is(c, "db1"); s != tt.banned || err != nil {
			t.Errorf("%s: ban is %s, %v; want %s", tt.file, s, err, tt.banned)
		}
	}
	if _, err := parseMon(recorded(t, "not-running.xml")); err == nil {
		t.Error("no cluster, and no error")
	}
}

func TestClonesAndPartsUnderWay(t *testing.T) {
	mon := `<pacemaker-result><summary><current_dc present="true" with_quorum="true"/><cluster_options maintenance-mode="false"/></summary><resources>
<clone id="fs-clone"><resource id="fs:0" role="Started" managed="true" blocked="false"><node name="a"/></resource><resource id="fs:1" role="Started" managed="true" blocked="false"><node name="b"/></resource></clone>
<group id="g"><resource id="x" role="Started" managed="true" blocked="false"><node name="b"/></resource><resource id="y" role="%s" managed="%s" blocked="false">%s</resource></group>
</resources></pacemaker-result>`
	for _, tt := range []struct {
		role, managed, where string
		settled, free        bool
	}{
		{"Started", "true", `<node name="b"/>`, true, true}, {"Starting", "true", `<node name="b"/>`, false, true},
		{"Stopped", "true", "", false, true}, {"Started", "false", `<node name="b"/>`, true, false},
	} {
		c, err := parseMon(fmt.Appendf(nil, mon, tt.role, tt.managed, tt.where))
		if err != nil {
			t.Fatal(err)
		}
		if p := c.place("g"); p.Settled != tt.settled || p.Free != tt.free || !slices.Equal(p.Nodes, []string{"b"}) {
			t.Errorf("%+v: got %+v", tt, p)
		}
		if p := c.place("fs"); !slices.Equal(p.Nodes, []string{"a", "b"}) {
			t.Errorf("clone's resource: %+v", p)
		}
		if p := c.place("fs-clone"); !slices.Equal(p.Nodes, []string{"a", "b"}) {
			t.Errorf("clone: %+v", p)
		}
		if p := c.place("none"); p.Known || p.Settled || p.Free {
			t.Errorf("nothing: %+v", p)
		}
	}
}

// FuzzMon: whatever crm_mon prints, what we make of it is no more than it says.
func FuzzMon(f *testing.F) {
	for _, name := range []string{"all-on-db1.xml", "not-running.xml"} {
		f.Add(recorded(f, name))
	}
	f.Add([]byte("<a><node/><resource><node name='x'>"))
	f.Add([]byte(strings.Repeat("<group>", 100)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseMon(raw)
		if err != nil {
			return
		}
		for _, m := range c.Members {
			if p := c.place(m.IDs[len(m.IDs)-1]); !p.Known {
				t.Errorf("%+v is not found", m)
			}
		}
		if _, err := parseConstraints(raw); err == nil && c.Quorum && !strings.Contains(string(raw), "with_quorum") {
			t.Errorf("quorum out of nothing: %q", raw)
		}
	})
}
