package assigned_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/internal/agent"
	"monitord/internal/agent/assigned"
	"monitord/internal/plugins"
	"monitord/internal/wire"
)

// readOwn is what the owner of a machine wrote into probe.yaml.
func readOwn(t *testing.T, more string) (agent.Config, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), agent.ConfigFile)
	if err := os.WriteFile(path, []byte("server: https://127.0.0.1:8461\n"+more), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := agent.ReadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg, path
}

// Which plugins run is the word of the machine's owner, whatever the server
// assigns; what is refused says where the owner would allow it.
func TestOnlyPluginsThatTheOwnerAllowsRun(t *testing.T) {
	if _, err := os.Stat(plugins.DefaultDir + "/check_dummy"); err != nil {
		t.Fatalf("%v: apt-get install monitoring-plugins-basic", err)
	}
	mark := filepath.Join(t.TempDir(), "mark")
	own := t.TempDir()
	// A shell reads what BASH_ENV names before its script.
	script := "#!/bin/bash\necho OK $FOO\n"
	if err := os.WriteFile(filepath.Join(own, "check_own"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(own, "evil"), []byte("touch "+mark+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	some, someFile := readOwn(t, fmt.Sprintf("plugins: {dirs: [%s, %s], users: {USER1: %s}}\n", plugins.DefaultDir, own, plugins.DefaultDir))
	none, noneFile := readOwn(t, "")
	for name, c := range map[string]struct {
		cfg    agent.Config
		config string
		state  checks.State
		reason checks.Reason
		want   []string
	}{
		"ok":        {some, `{"command": ["check_dummy", "0", "all is well"]}`, checks.OK, checks.ReasonNone, []string{"OK: all is well"}},
		"macro":     {some, `{"command": ["$USER1$/check_dummy", "1", "$HOSTADDRESS$"]}`, checks.Warning, checks.ReasonStatus, []string{"WARNING: 127.0.0.1"}},
		"outside":   {some, `{"command": ["/bin/true"]}`, checks.Unknown, checks.ReasonPermission, []string{"/bin/true", "plugins.dirs", someFile}},
		"dots":      {some, `{"command": ["` + own + `/../../bin/true"]}`, checks.Unknown, checks.ReasonPermission, []string{"plugins.dirs", someFile}},
		"env":       {some, `{"command": ["check_own"], "env": {"BASH_ENV": "` + own + `/evil"}}`, checks.Unknown, checks.ReasonPermission, []string{"env", "script"}},
		"script":    {some, `{"command": ["check_own"]}`, checks.OK, checks.ReasonNone, []string{"OK"}},
		"default":   {none, `{"command": ["check_dummy", "0"]}`, checks.Unknown, checks.ReasonPermission, []string{"check_dummy", "plugins.dirs", noneFile}},
		"undefined": {none, `{"command": ["$USER1$/check_dummy", "0"]}`, checks.Unknown, checks.ReasonInternal, []string{"$USER1$", "plugins.users", noneFile}},
	} {
		t.Run(name, func(t *testing.T) {
			deps := assigned.Deps{Types: local.Types(), Checks: checks.Deps{Plugins: plugins.NewPool(c.cfg.Plugins)}}
			_, out := start(t, deps, wire.AssignedCheck{
				Name: name, Type: "plugin", Address: "127.0.0.1", Config: []byte(c.config),
				Interval: time.Second, Timeout: 900 * time.Millisecond, MaxAttempts: 1,
			})
			select {
			case e := <-out:
				if len(e.Results) != 1 || e.Results[0].State != c.state || e.Results[0].Reason != c.reason {
					t.Fatalf("%+v", e)
				}
				for _, w := range c.want {
					if s := render(e.Results[0].Summary); !strings.Contains(s, w) {
						t.Errorf("%q, want %q in it", s, w)
					}
				}
			case <-time.After(10 * time.Second):
				t.Fatal("no result")
			}
		})
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("the server's environment variable started a program")
	}
}

// A probe without any wiring of plugins refuses, and lives.
func TestWithoutAPoolAPluginIsRefused(t *testing.T) {
	_, out := start(t, assigned.Deps{Types: local.Types()}, wire.AssignedCheck{
		Name: "p", Type: "plugin", Address: "127.0.0.1", Config: []byte(`{"command": ["check_dummy", "0"]}`),
		Interval: time.Second, Timeout: time.Second, MaxAttempts: 1,
	})
	if e := <-out; len(e.Results) != 1 || e.Results[0].State != checks.Unknown {
		t.Errorf("%+v", e)
	}
}
