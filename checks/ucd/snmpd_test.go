package ucd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/internal/snmpask/asktest"
	"monitord/internal/testserver/snmpdtest"
	"monitord/internal/testserver/testproc"
)

// A process of a name of its own, a disk and a load that are always wrong: what a
// real snmpd makes of them.
func TestSnmpdsLinesBecomeStates(t *testing.T) {
	const name = "watched-by-test"
	dir := testproc.Dir(t, "")
	program, err := os.ReadFile("/usr/bin/sleep")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	watched := testproc.Start(t, testproc.Command{Path: path, Args: []string{"600"}, Dir: dir})
	ask := func() map[string]checks.Result {
		t.Helper()
		agent := snmpdtest.New(t, "proc "+name+" 1 1", "disk / 101%", "load 0.0001 0.0001 0.0001") // it keeps what it saw for 30 s
		defer agent.Stop()
		cfg := DefaultConfig()
		cfg.Options = asktest.Options(t, cfg.Options, agent.Port)
		c, err := New(cfg, checks.Deps{Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return asktest.Run(t, c, checks.Target{Host: "h", Address: "127.0.0.1"})
	}
	got := ask()
	if r := got["process "+name]; r.State != checks.OK || asktest.Say(r) != "1 processes" {
		t.Errorf("%s %s of %v", r.State, asktest.Say(r), got)
	}
	if r := got["disk /"]; r.State != checks.Critical || !strings.Contains(asktest.Say(r), "/: less than 101% free") {
		t.Errorf("%s %s", r.State, asktest.Say(r))
	}
	if r := got["load 1 min"]; asktest.Perf(t, r, "load") > 0 && r.State != checks.Warning {
		t.Errorf("%s %s", r.State, asktest.Say(r))
	}
	watched.Stop()
	if r := ask()["process "+name]; r.State != checks.Critical || !strings.Contains(asktest.Say(r), name) {
		t.Errorf("%s %s", r.State, asktest.Say(r))
	}
}
