package snmpask_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/config"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const entry = ".1.3.6.1.4.1.99.1."

// kind is a table of names and numbers, and a total of them.
func kind() snmpask.Kind {
	return snmpask.Kind{
		Parts: []snmpask.Part{{
			Table: snmpask.Table(poll.Table{Name: "t", Keys: []snmp.OID{snmp.MustOID(entry + "1")}, Columns: []poll.Column{snmpask.Gauge("number", entry+"2")}}),
			Judge: func(r poll.Row, _ snmpask.Reading) (checks.Result, bool) {
				return checks.Result{Summary: text.Verbatim(r.Name)}, r.Name != "mute"
			},
		}},
		All: func(d snmpask.Reading) []checks.Result {
			return []checks.Result{{Item: "total", Summary: text.M("interfaces.summary", text.Int("rows", len(d.Parts[0])), text.Dur("took", 0))}}
		},
		Summary: "interfaces.summary", None: "interfaces.none",
	}
}

func options() snmpask.Options {
	o := snmpask.DefaultOptions()
	o.TryFor, o.Retries = 20*time.Millisecond, 1
	return o
}

func check(t *testing.T, o snmpask.Options) *snmpask.Check {
	t.Helper()
	c, err := snmpask.New(o, kind(), checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var target = checks.Target{Host: "h", Address: "127.0.0.1"}

func TestItemsAreChosenByName(t *testing.T) {
	d := asktest.Serve(t, asktest.Objects{entry + "1.1": "a", entry + "2.1": 1, entry + "1.2": "b", entry + "2.2": 2, entry + "1.3": "mute", entry + "2.3": 3})
	for _, tt := range []struct {
		only, except []string
		want         string
	}{
		{nil, nil, ",a,b,total"}, {[]string{"a", "total"}, nil, ",a,total"}, {nil, []string{"tot.*", "b"}, ",a"}, {[]string{"."}, []string{"b"}, ",a"},
	} {
		o := d.Options(t, options())
		o.Only, o.Except = tt.only, tt.except
		results, err := check(t, o).Run(t.Context(), target)
		var items []string
		for _, r := range results {
			items = append(items, r.Item)
		}
		if got := strings.Join(items, ","); err != nil || got != tt.want {
			t.Errorf("only %v except %v: %q, %v; want %q", tt.only, tt.except, got, err, tt.want)
		}
	}
}

// A silent agent is one problem, not one for each row, and costs less when it stays
// silent.
func TestASilentAgent(t *testing.T) {
	d := asktest.Serve(t, asktest.Objects{})
	o := d.Options(t, options())
	o.Community = config.Secret{File: o.Community.File}
	o.Port = silentPort(t)
	c := check(t, o)
	for run := range 4 {
		got := asktest.Run(t, c, target)
		if r := got[""]; len(got) != 1 || r.State != checks.Critical || r.Reason != checks.ReasonTimeout && r.Reason != checks.ReasonConnect {
			t.Errorf("run %d: %+v", run, got)
		}
	}
	o.Community.File += ".gone"
	if _, err := check(t, o).Run(t.Context(), target); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a missing file: %v; that is our own fault, not the agent's", err)
	}
}

func TestWorseAndLimits(t *testing.T) {
	var r checks.Result
	snmpask.Worse(&r, checks.Warning, checks.ReasonStatus, text.Verbatim("w"))
	snmpask.Worse(&r, checks.Unknown, checks.ReasonNoData, text.Verbatim("u"))
	if r.State != checks.Warning {
		t.Errorf("UNKNOWN hides a WARNING: %+v", r)
	}
	snmpask.Limits{Critical: snmpask.Limit("5")}.Judge(&r, checks.Perf{Label: "v", Value: 6}, text.Verbatim("c"))
	snmpask.Limits{Warning: snmpask.Limit("1")}.Judge(&r, checks.Perf{Label: "x", Value: 6}, text.Verbatim("w"))
	if r.State != checks.Critical || r.Reason != checks.ReasonThreshold || len(r.Perf) != 2 || r.Perf[0].Crit == nil || r.Perf[0].Warn != nil {
		t.Errorf("got %+v", r)
	}
}

func TestFaultsOfOptionsAreAllNamed(t *testing.T) {
	for yaml, want := range map[string][]string{
		"{port: 0, try_for: 2m, retries: 11, max_repetitions: 0}": {"port", "credentials", "try_for", "retries", "max_repetitions"},
		"{credentials: {file: /a}, community: {file: /b}}":        {"community"},
		"{community: {file: /b}, version: 3}":                     {"version"},
		"{community: {file: /b}, only: ['('], except: [a, '*']}":  {"only[0]", "except[1]"},
	} {
		o := snmpask.DefaultOptions()
		err := config.DecodeBytes("f", []byte(yaml), &o)
		if err == nil {
			t.Errorf("%s is taken", yaml)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w+": ") {
				t.Errorf("%s: %v; want a word about %s", yaml, err, w)
			}
		}
	}
	if _, err := snmpask.Matcher([]string{"("}); err == nil || errors.Unwrap(err) == nil {
		t.Errorf("got %v", err)
	}
}
