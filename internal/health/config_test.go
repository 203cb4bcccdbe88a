package health

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

func FuzzParseMemory(f *testing.F) {
	const boot = "5f1c3c1e-9a7b-4d2e-8a55-0123456789ab"
	f.Add([]byte(`{"boot":"` + boot + `","fault":{"fault":"x","step":"started"},"ended":"2026-01-01T00:00:00Z"}`))
	f.Add([]byte(`{"boot":"other"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseMemory(b, boot)
		if r != nil && (err != nil || r.Boot != boot || r.Fault == nil) {
			t.Errorf("%q: %+v, %v", b, r, err)
		}
	})
}

func load(t *testing.T, yaml string, types ...checks.Type) (Config, []Check, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "health.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(path, types)
}

type oneKey struct {
	Dir string `yaml:"dir"`
}

func (c *oneKey) Validate() error {
	if c.Dir == "" {
		return config.Faultf("dir", "is missing")
	}
	return nil
}

var kind = checks.Type{Name: "disk", NewConfig: func() checks.Config { return &oneKey{} }}

func TestAFileIsReadWithItsDefaults(t *testing.T) {
	cfg, list, err := load(t, `
only_while_address: 192.0.2.10
give_up: {command: [/usr/share/heartbeat/hb_standby, all]}
exit_code: none
checks:
  b: {type: disk, dir: /b, max_attempts: 5, fails_on: [critical, warning]}
  a: {type: disk, dir: /a}
`, kind)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.ExitCode != NoExit || cfg.GiveUp.Timeout != time.Minute || cfg.OnlyWhileAddress != virtual || cfg.Settle != 30*time.Second {
		t.Errorf("got %+v", cfg)
	}
	if len(list) != 2 || list[0].Name != "a" || list[0].MaxAttempts != 3 || list[1].MaxAttempts != 5 || list[1].Config.(*oneKey).Dir != "/b" {
		t.Errorf("got %+v", list)
	}
	if !list[1].fails(checks.Warning) || list[0].fails(checks.Warning) || list[0].fails(checks.Unknown) {
		t.Error("fails_on is not heeded")
	}
}

func TestEveryFaultIsReportedWithItsPlace(t *testing.T) {
	_, _, err := load(t, `only_while_adress: 192.0.2.10
only_while_address: db
settle: -1s
give_up: {command: [hb_standby], timeout: 0s}
exit_code: 256
state: here
probe_dir: there
log: file
watchdog: {timeout: 1s}
checks:
  a: {type: disk}
  b: {type: quantum}
  c: [1]
  d: {dir: /}
  e: {type: disk, dir: /, interval: 1ms, max_attempts: 0, fails_on: [ok], tiemout: 3s}
`, kind)
	if err == nil {
		t.Fatal("no fault")
	}
	for _, want := range []string{
		":1:1: only_while_adress: unknown key (did you mean only_while_address?)", ":2:21: only_while_address: got", ":3:9: settle: got -1s",
		":4:20: give_up.command: got \"hb_standby\"", ":4:43: give_up.timeout: got 0s", ":5:12: exit_code: ", ":6:8: state: got \"here\"", ":7:12: probe_dir: got",
		":8:6: log: got \"file\"", "watchdog.timeout: got 1s",
		":11:6: checks.a.dir: is missing", ":12:13: checks.b: unknown type of check (got \"quantum\"; want one of disk)",
		":13:6: checks.c: wrong type", ":14:6: checks.d: the check has no type",
		"checks.e.interval: ", "checks.e.max_attempts: ", "checks.e.fails_on[0]: ", "checks.e.tiemout: unknown key (did you mean timeout?)",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
	if _, _, err := load(t, "settle: 0s\n"); err == nil || !strings.Contains(err.Error(), "checks: there is none") {
		t.Errorf("got %v", err)
	}
}
