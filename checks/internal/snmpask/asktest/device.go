// Package asktest runs the kinds of check that read SNMP tables against an agent
// whose objects a test changes as it goes. Only tests use it.
package asktest

import (
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gosnmp/gosnmp"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp"
	"monitord/internal/config"
	"monitord/internal/testserver/snmpagent"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

// Objects are an agent's, by OID. The Go type of a value says its SNMP type: int
// INTEGER, string and []byte OCTET STRING, uint Gauge32, uint32 Counter32, uint64
// Counter64, time.Duration TimeTicks, snmp.OID OBJECT IDENTIFIER; nil is none.
type Objects map[string]any

const sysUpTime = ".1.3.6.1.2.1.1.3.0"

// Device is a running agent, a check of it, and a clock.
type Device struct {
	Agent *snmpagent.Agent
	// Series are the samples of the last run: the name, and in braces labels and
	// values with commas between them.
	Series map[string]float64
	// Previous are the states before the next run, by item.
	Previous map[string]checks.State

	mu      sync.Mutex
	objects Objects
	now     time.Time
	check   checks.Check
}

// Serve starts an agent that is up for an hour, unless the objects say otherwise.
func Serve(tb testing.TB, objects Objects) *Device {
	tb.Helper()
	d := &Device{objects: Objects{sysUpTime: time.Hour}, now: time.Now()}
	maps.Copy(d.objects, objects)
	d.Agent = snmpagent.New(tb, nil, func(r *snmpagent.Reply) {
		d.mu.Lock()
		defer d.mu.Unlock()
		list := make([]gosnmp.SnmpPDU, 0, len(d.objects))
		for name, v := range d.objects {
			if v != nil {
				list = append(list, object(name, v))
			}
		}
		r.Packet = snmpagent.Answer(list, r.Request)
	})
	return d
}

func object(name string, v any) gosnmp.SnmpPDU {
	p := gosnmp.SnmpPDU{Name: name, Value: v}
	switch v := v.(type) {
	case int:
		p.Type = gosnmp.Integer
	case string:
		p.Type, p.Value = gosnmp.OctetString, []byte(v)
	case []byte:
		p.Type = gosnmp.OctetString
	case uint:
		p.Type = gosnmp.Gauge32
	case uint32:
		p.Type, p.Value = gosnmp.Counter32, uint(v)
	case uint64:
		p.Type = gosnmp.Counter64
	case time.Duration:
		p.Type, p.Value = gosnmp.TimeTicks, uint32(v/(10*time.Millisecond))
	case snmp.OID:
		p.Type, p.Value = gosnmp.ObjectIdentifier, v.String()
	}
	return p
}

// Options are a kind's, turned to the agent.
func (d *Device) Options(tb testing.TB, o snmpask.Options) snmpask.Options {
	return Options(tb, o, d.Agent.Port)
}

// Options are a kind's, turned to an agent on a loopback port.
func Options(tb testing.TB, o snmpask.Options, port int) snmpask.Options {
	tb.Helper()
	o.Port = port
	o.Community = config.Secret{File: testproc.File(tb, tb.TempDir(), "community", "public\n")}
	return o
}

// Use builds the check that Run runs.
func (d *Device) Use(tb testing.TB, typ checks.Type, cfg checks.Config) {
	tb.Helper()
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	c, err := typ.New(cfg, checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return d.now }})
	if err != nil {
		tb.Fatal(err)
	}
	d.check = c
}

// Set changes objects; a nil value takes one away.
func (d *Device) Set(changes Objects) {
	d.mu.Lock()
	defer d.mu.Unlock()
	maps.Copy(d.objects, changes)
}

// Later lets time pass, for us and for the agent.
func (d *Device) Later(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
	d.objects[sysUpTime] = d.objects[sysUpTime].(time.Duration) + by
}

// Add takes a sample.
func (d *Device) Add(name string, value float64, labels ...string) {
	d.Series[name+"{"+strings.Join(labels, ",")+"}"] = value
}

// Run runs the check once: its results by item. They must read well in every
// language.
func (d *Device) Run(tb testing.TB) map[string]checks.Result {
	tb.Helper()
	d.Series = map[string]float64{}
	return Run(tb, d.check, checks.Target{Host: "h", Address: "127.0.0.1", Series: d, Previous: d.Previous})
}

// Run runs a check of one's own once.
func Run(tb testing.TB, c checks.Check, target checks.Target) map[string]checks.Result {
	tb.Helper()
	results, err := c.Run(tb.Context(), target)
	if err != nil {
		tb.Fatal(err)
	}
	got := map[string]checks.Result{}
	for _, r := range results {
		if _, twice := got[r.Item]; twice {
			tb.Errorf("two results for %q", r.Item)
		}
		got[r.Item] = r
		for _, lang := range text.Langs() {
			for _, m := range append([]text.Message{r.Summary}, r.Notes...) {
				if s := text.Default().Render(lang, nil, m); s == "" || strings.Contains(s, "{") || s == m.ID {
					tb.Errorf("%q: %q of %+v", r.Item, s, m)
				}
			}
		}
	}
	return got
}

// Want compares states and English sentences: "STATE sentence" by item. Items that
// it does not name must not be there, except the agent's own.
func Want(tb testing.TB, got map[string]checks.Result, want map[string]string) {
	tb.Helper()
	for item, r := range got {
		w, named := want[item]
		if said := r.State.String() + " " + Say(r); named && said != w {
			tb.Errorf("%q: got %q; want %q", item, said, w)
		} else if !named && item != "" {
			tb.Errorf("%q was not asked for: %q", item, said)
		}
	}
	for _, item := range slices.Sorted(maps.Keys(want)) {
		if _, there := got[item]; !there {
			tb.Errorf("%q is missing", item)
		}
	}
}

// Say is the summary in English.
func Say(r checks.Result) string { return text.Default().Render(text.English, nil, r.Summary) }

// Perf is a measured value; the test fails without it.
func Perf(tb testing.TB, r checks.Result, label string) float64 {
	tb.Helper()
	for _, p := range r.Perf {
		if p.Label == label {
			return p.Value
		}
	}
	tb.Errorf("%q has no %s: %+v", r.Item, label, r.Perf)
	return 0
}
