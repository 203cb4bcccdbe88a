package ocf

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newAction(t *testing.T, cfg Config) *Action {
	t.Helper()
	if cfg.Root == "" {
		cfg.Root = "/usr/lib/ocf"
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run})
}

func failing(t *testing.T, a *Action, undo bool) string {
	t.Helper()
	premises, err := a.Premises(t.Context(), failover.Request{Undo: undo})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range premises {
		if !p.Holds {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, " ")
}

// needs skips unless Debian's package resource-agents is here.
func needs(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/lib/ocf/resource.d/heartbeat/Dummy"); err != nil {
		t.Skipf("needs Debian's package resource-agents: %v", err)
	}
	if os.Geteuid() != 0 {
		t.Skip("needs root: the agents keep their state in /run/resource-agents")
	}
}

func TestTheRealDummyAgent(t *testing.T) {
	needs(t)
	state := filepath.Join(t.TempDir(), "state")
	cfg := Config{Do: Start, Agent: "heartbeat:Dummy", Parameters: map[string]string{"state": state}, Instance: "monitord-test"}
	a := newAction(t, cfg)
	cfg.Do = Stop
	stop := newAction(t, cfg)
	status := func(step string, start, stopped failover.Status) {
		t.Helper()
		for action, want := range map[*Action]failover.Status{a: start, stop: stopped} {
			if s, err := action.Status(t.Context(), failover.Request{}); s != want || err != nil {
				t.Errorf("%s: %s is %s, %v; want %s", step, action.cfg.Do, s, err, want)
			}
		}
	}
	status("at first", failover.StatusUndone, failover.StatusDone)
	if got := failing(t, a, false); got != "" {
		t.Errorf("%s does not hold", got)
	}
	if out, err := a.Do(t.Context(), failover.Request{ID: "x"}); err != nil {
		t.Fatalf("%s, %v", out.Output, err)
	}
	if _, err := os.Stat(state); err != nil {
		t.Error(err)
	}
	status("started", failover.StatusDone, failover.StatusUndone)
	if out, err := a.Undo(t.Context(), failover.Request{ID: "x", Undo: true}); err != nil {
		t.Fatalf("%s, %v", out.Output, err)
	}
	status("taken back", failover.StatusUndone, failover.StatusDone)
	// Parameters that it cannot work with.
	cfg.Parameters = map[string]string{"state": "/nonexistent/folder/state"}
	if got := failing(t, newAction(t, cfg), false); got != "parameters" {
		t.Errorf("%q does not hold; want parameters", got)
	}
}

// fake is an agent that exits as the files monitor, start … beside it say.
func fake(t *testing.T) (root string, says func(action, code string)) {
	t.Helper()
	root = t.TempDir()
	dir := filepath.Join(root, "resource.d/test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	agent := "#!/bin/sh\n[ \"$OCF_RESKEY_ip\" = '192.0.2.1; x' ] && [ \"$OCF_RESOURCE_INSTANCE\" = vip ] && [ \"$OCF_ROOT\" = '" + root + "' ] || exit 99\necho \"$1 said\" >&2\nexit $(cat " + root + "/$1)\n"
	if err := os.WriteFile(filepath.Join(dir, "Agent"), []byte(agent), 0o755); err != nil {
		t.Fatal(err)
	}
	says = func(action, code string) {
		if err := os.WriteFile(filepath.Join(root, action), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	says("validate-all", "0")
	says("monitor", "7")
	says("start", "0")
	says("stop", "0")
	return root, says
}

func TestEachExitCode(t *testing.T) {
	root, says := fake(t)
	act := func(do Verb) *Action {
		return newAction(t, Config{Do: do, Agent: "test:Agent", Root: root, Instance: "vip", Parameters: map[string]string{"ip": "192.0.2.1; x"}})
	}
	d, u, unknown := failover.StatusDone, failover.StatusUndone, failover.StatusUnknown
	for _, tt := range []struct {
		monitor          string
		start, stop      failover.Status
		mayStart, mayEnd bool
	}{
		{"0", d, u, true, true}, {"8", d, u, true, true}, {"190", d, u, true, true}, {"191", d, u, true, true}, {"7", u, d, true, true},
		{"1", unknown, unknown, false, true}, {"9", unknown, unknown, false, true},
		{"2", unknown, unknown, false, false}, {"5", unknown, unknown, false, false}, {"99", unknown, unknown, false, false},
	} {
		says("monitor", tt.monitor)
		for do, want := range map[Verb]failover.Status{Start: tt.start, Stop: tt.stop} {
			if s, err := act(do).Status(t.Context(), failover.Request{}); s != want || (err != nil) != (want == unknown) {
				t.Errorf("monitor exits %s: %s is %s, %v; want %s", tt.monitor, do, s, err, want)
			}
			may := map[Verb]bool{Start: tt.mayStart, Stop: tt.mayEnd}[do]
			if got := failing(t, act(do), false); (got == "") != may {
				t.Errorf("monitor exits %s: %s: %q does not hold", tt.monitor, do, got)
			}
			if got := failing(t, act(do.inverse()), true); (got == "") != may {
				t.Errorf("monitor exits %s: %s as undo: %q does not hold", tt.monitor, do, got)
			}
		}
	}
	says("start", "5")
	_, err := act(Start).Do(t.Context(), failover.Request{})
	if err == nil || err.Error() != "Agent ended with exit code 5: start said (OCF: not installed)" || !errors.As(err, &failover.ExitError{}) {
		t.Errorf("got %v", err)
	}
	says("monitor", "7")
	says("validate-all", "3") // not implemented: no objection
	if got := failing(t, act(Start), false); got != "" {
		t.Errorf("%s does not hold", got)
	}
	says("validate-all", "6")
	if got := failing(t, act(Start), false); got != "parameters" {
		t.Errorf("%q does not hold; want parameters", got)
	}
	if got := failing(t, newAction(t, Config{Do: Start, Agent: "test:None", Root: root}), false); got != "program" {
		t.Errorf("%q does not hold; want program", got)
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{do: start, agent: 'heartbeat:Dummy', parameters: {state: /x, op_sleep: 1}}": "",
		"{do: monitor, agent: 'heartbeat:Dummy'}":                                     "want start or stop",
		"{do: start, agent: Dummy}":                                                   "want PROVIDER:TYPE",
		"{do: start, agent: '../../x:y'}":                                             "want PROVIDER:TYPE",
		"{do: start, agent: 'a:b/c'}":                                                 "want PROVIDER:TYPE",
		"{do: start, agent: 'a:b', parameters: {'a b': c}}":                           "is no parameter",
		"{do: start, agent: 'a:b', instance: ../x}":                                   "instance: got",
		"{do: start, agent: 'a:b', ocf_root: x}":                                      "absolute folder",
	})
}
