package snmpask_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/config"
	"monitord/internal/testserver/snmpagent"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

const (
	uptime = ".1.3.6.1.2.1.1.3.0"
	ifName = ".1.3.6.1.2.1.31.1.1.1.1."
	ifOper = ".1.3.6.1.2.1.2.2.1.8."
)

// portKind is interfaces that are up or not, and no more.
func portKind() snmpask.Kind {
	oid := func(s string) snmp.OID { return snmp.MustOID(strings.TrimSuffix(s, ".")) }
	table := snmpask.Table(poll.Table{Name: "ports", Keys: []snmp.OID{oid(ifName)}, Index: "ifIndex",
		Columns: []poll.Column{{Metric: "ifOperStatus", OID: oid(ifOper)}}})
	return snmpask.Kind{Summary: "interfaces.summary", None: "interfaces.none", Parts: []snmpask.Part{{
		Table: table, Judge: func(r poll.Row, _ snmpask.Reading) (checks.Result, bool) {
			res := checks.Result{Summary: text.M("interfaces.off")}
			if r.Values[0].Number != 1 {
				snmpask.Worse(&res, checks.Critical, checks.ReasonStatus, text.M("interfaces.down"))
			}
			return res, r.Values[0].Known
		},
	}}}
}

// device is an agent that a test changes as it goes.
type device struct {
	agent *snmpagent.Agent
	check *snmpask.Check
	took  map[string]float64 // samples of the last run

	mu      sync.Mutex
	objects map[string]gosnmp.SnmpPDU
	fault   func(*snmpagent.Reply)
}

func newDevice(t *testing.T, n int, change func(*snmpask.Options)) *device {
	t.Helper()
	d := &device{objects: map[string]gosnmp.SnmpPDU{uptime: {Type: gosnmp.TimeTicks, Value: uint32(360000)}}}
	for i := 1; i <= n; i++ {
		d.objects[ifName+fmt.Sprint(i)] = gosnmp.SnmpPDU{Type: gosnmp.OctetString, Value: []byte(fmt.Sprint("eth", i))}
		d.objects[ifOper+fmt.Sprint(i)] = gosnmp.SnmpPDU{Type: gosnmp.Integer, Value: 1}
	}
	d.agent = snmpagent.New(t, nil, func(r *snmpagent.Reply) {
		d.mu.Lock()
		defer d.mu.Unlock()
		var list []gosnmp.SnmpPDU
		for name, o := range d.objects {
			o.Name = name
			list = append(list, o)
		}
		if r.Packet = snmpagent.Answer(list, r.Request); d.fault != nil {
			d.fault(r)
		}
	})
	o := quickly(t, d.agent.Port, "version: 2c\ncommunity: public\n")
	if change != nil {
		change(&o)
	}
	d.check = newCheck(t, o)
	return d
}

// quickly asks a port quickly, with the words of a file.
func quickly(t *testing.T, port int, words string) snmpask.Options {
	t.Helper()
	file := filepath.Join(t.TempDir(), "snmp.yaml")
	testproc.Must(t, os.WriteFile(file, []byte(words), 0o600))
	o := snmpask.DefaultOptions()
	o.Port, o.Credentials, o.TryFor = port, config.Secret{File: file}, 20*time.Millisecond
	testproc.Must(t, o.Validate())
	return o
}

func newCheck(t *testing.T, o snmpask.Options) *snmpask.Check {
	t.Helper()
	c, err := snmpask.New(o, portKind(), checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	testproc.Must(t, err)
	return c
}

func (d *device) bend(fault func(*snmpagent.Reply)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = fault
}

func (d *device) set(objects map[string]gosnmp.SnmpPDU) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.objects, objects)
}

// Add takes a sample.
func (d *device) Add(name string, value float64, labels ...string) {
	d.took[name+"{"+strings.Join(labels, ",")+"}"] = value
}

// run runs the check once, in at most so long.
func (d *device) run(t *testing.T, within time.Duration) []checks.Result {
	t.Helper()
	d.took = map[string]float64{}
	return run(t, d.check, within, d)
}

func run(t *testing.T, c *snmpask.Check, within time.Duration, series checks.Series) []checks.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{Host: "sw1", Address: "127.0.0.1", Series: series})
	if err != nil || len(results) == 0 {
		t.Fatalf("got %v, %v", results, err)
	}
	for _, r := range results {
		for _, lang := range text.Langs() {
			if s := text.Default().Render(lang, nil, r.Summary); s == "" || strings.Contains(s, "{") {
				t.Errorf("%s: summary %q", lang, s)
			}
		}
	}
	return results
}

// said is a result in English, with its notes.
func said(r checks.Result) string {
	lines := []string{text.Default().Render(text.English, nil, r.Summary)}
	for _, n := range r.Notes {
		lines = append(lines, text.Default().Render(text.English, nil, n))
	}
	return r.Item + " " + r.State.String() + " " + string(r.Reason) + ": " + strings.Join(lines, "; ")
}

func silent(r *snmpagent.Reply) { r.Packet = nil }

func TestADeadAgentIsOneProblemAndCostsOneRequest(t *testing.T) {
	d := newDevice(t, 4, nil)
	if got := d.run(t, 5*time.Second); len(got) != 5 || len(d.took) != 5 {
		t.Fatalf("%d results, %v", len(got), d.took)
	}
	d.bend(silent)
	for n, want := range []int{3, 3, 3, 1, 1} {
		before := d.agent.Asked()
		got := d.run(t, 5*time.Second)
		if len(got) != 1 || got[0].State != checks.Critical || got[0].Reason != checks.ReasonTimeout || got[0].Item != "" {
			t.Fatalf("run %d: %s", n, said(got[0]))
		}
		if asked := d.agent.Asked() - before; asked != want {
			t.Errorf("run %d asked %d times, want %d", n, asked, want)
		}
		if len(d.took) > 0 {
			t.Errorf("run %d has samples: %v", n, d.took)
		}
	}
	// It comes back over a bad line: each request is answered at its second attempt.
	// The first that asks whether it is there finds it; then attempts are as before.
	odd := 0
	d.bend(func(r *snmpagent.Reply) {
		if odd++; odd > 1 && odd%2 == 0 {
			r.Packet = nil
		}
	})
	if got := d.run(t, 5*time.Second); len(got) != 5 || got[0].State != checks.OK {
		t.Errorf("back: %s", said(got[0]))
	}
}

func TestAPollThatDoesNotFitIsAnIncident(t *testing.T) {
	d := newDevice(t, 100, func(o *snmpask.Options) { o.TryFor = time.Second })
	d.bend(func(r *snmpagent.Reply) {
		if r.N > 3 {
			r.Packet = nil // as slow as that
		}
	})
	got := d.run(t, 200*time.Millisecond)
	if len(got) != 1 || got[0].State != checks.Critical || got[0].Reason != checks.ReasonTimeout || !strings.Contains(said(got[0]), "does not fit into its time") {
		t.Errorf("got %s", said(got[0]))
	}
	if len(d.took) > 0 {
		t.Errorf("half a table was kept: %d samples", len(d.took))
	}
	d.bend(nil)
	if got := d.run(t, 5*time.Second); len(got) != 101 || got[0].State != checks.OK {
		t.Errorf("afterwards: %s", said(got[0]))
	}
}

func TestWhatHappenedStandsInTheNotes(t *testing.T) {
	d := newDevice(t, 3, nil)
	d.run(t, 5*time.Second)
	// The agent restarted, and eth2 and eth3 changed places.
	d.set(map[string]gosnmp.SnmpPDU{
		uptime:       {Type: gosnmp.TimeTicks, Value: uint32(100)},
		ifName + "2": {Type: gosnmp.OctetString, Value: []byte("eth3")},
		ifName + "3": {Type: gosnmp.OctetString, Value: []byte("eth2")},
		ifOper + "3": {Type: gosnmp.Integer, Value: 2},
	})
	var all []string
	for _, r := range d.run(t, 5*time.Second) {
		all = append(all, said(r))
	}
	lines := strings.Join(all, "\n")
	for _, want := range []string{
		"the agent restarted", "eth2 has the number 3 now, 2 before", "eth3 has the number 2 now, 3 before", "\neth2 CRITICAL status: ", "\neth3 OK ",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q is not in\n%s", want, lines)
		}
	}
	if v, ok := d.took["ifOperStatus{ifIndex,3}"]; !ok || v != 2 {
		t.Errorf("series: %v", d.took)
	}
	for _, r := range d.run(t, 5*time.Second) {
		if len(r.Notes) > 0 {
			t.Errorf("told twice: %s", said(r))
		}
	}
}

func TestWrongWordsAreToldAsFarAsTheAgentTells(t *testing.T) {
	agent := snmpdtest.New(t)
	v3 := func(user, auth, priv string) string {
		return fmt.Sprintf("version: 3\nuser: %s\nauth_protocol: SHA-256\nauth_password: %s\npriv_protocol: AES\npriv_password: %s\n", user, auth, priv)
	}
	user := snmpdtest.User("SHA-256", "AES")
	for _, tt := range []struct {
		words  string
		state  checks.State
		reason checks.Reason
		says   string
	}{
		{"version: 2c\ncommunity: guess\n", checks.Critical, checks.ReasonTimeout, "the community is wrong"},
		{v3("stranger", snmpdtest.AuthPassword, snmpdtest.PrivPassword), checks.Unknown, checks.ReasonAuth, "does not know this user"},
		{v3(user, "another-word", snmpdtest.PrivPassword), checks.Unknown, checks.ReasonAuth, "wrong auth_password"},
		{v3(user, snmpdtest.AuthPassword, "another-word"), checks.Critical, checks.ReasonTimeout, "wrong priv_password"},
		{v3(user, snmpdtest.AuthPassword, snmpdtest.PrivPassword), checks.OK, "", "interfaces"},
	} {
		o := quickly(t, agent.Port, tt.words)
		o.TryFor = 150 * time.Millisecond
		got := run(t, newCheck(t, o), 5*time.Second, nil)[0]
		if got.State != tt.state || got.Reason != tt.reason || !strings.Contains(said(got), tt.says) {
			t.Errorf("%q: %s; want %s %q %q", tt.words, said(got), tt.state, tt.reason, tt.says)
		}
		if strings.Contains(said(got), "another-word") || strings.Contains(said(got), "guess") {
			t.Errorf("the word is told: %s", said(got))
		}
	}
	if got := run(t, newCheck(t, quickly(t, testproc.FreePort(t), "community: public\n")), time.Second, nil)[0]; got.State != checks.Critical || got.Reason != checks.ReasonConnect {
		t.Errorf("a closed port: %s", said(got))
	}
}
