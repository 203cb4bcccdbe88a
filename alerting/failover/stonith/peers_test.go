package stonith

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/testserver/testproc"
)

// installed wants a program of a Debian package.
func installed(t *testing.T, path, apt string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends %s", err, apt)
	}
}

// fence_dummy is the agent that ClusterLabs ships for tests: its machine is a
// file, or one that never goes off.
func TestARealFenceAgent(t *testing.T) {
	t.Parallel()
	installed(t, "/usr/sbin/fence_dummy", "fence-agents")
	b := newBench(t)
	state := testproc.File(t, b.device, "status", "on")
	for _, action := range []Power{Reboot, Off} {
		b.dir = t.TempDir()
		a := b.action("", func(c *Config) {
			c.Agent, c.Action, c.Params, c.Secrets = "/usr/sbin/fence_dummy", action, nil, nil
			c.Hosts = map[string]Host{"db1": {Params: map[string]string{"status-file": state}}}
			c.ConfirmWithin = 10 * time.Second
		})
		if p, err := a.Premises(t.Context(), db("1", "r1")); err != nil || anyFails(p) {
			t.Errorf("%v %v", p, err)
		}
		out, err := a.Do(t.Context(), db("1", "r1"))
		if err != nil || out.Verified != (action == Off) || !strings.Contains(string(out.Output), "Success:") {
			t.Errorf("%s: %+v %q %v", action, out, out.Output, err)
		}
	}
	if raw, err := os.ReadFile(state); err != nil || string(raw) != "off" {
		t.Errorf("the machine is %s, %v", raw, err)
	}
}

func TestARealFenceAgentThatFails(t *testing.T) {
	t.Parallel()
	installed(t, "/usr/sbin/fence_dummy", "fence-agents")
	b := newBench(t)
	a := b.action("", func(c *Config) {
		c.Agent, c.Secrets = "/usr/sbin/fence_dummy", nil
		c.Params = map[string]string{"type": "fail", "power_timeout": "1"}
		c.ConfirmWithin = 2 * time.Second
		c.Hosts = map[string]Host{"db1": {Plug: "fake_port_1"}}
	})
	_, err := a.Do(t.Context(), db("1", "r1"))
	if err == nil || !strings.Contains(err.Error(), "fence_dummy ended with exit code 1") {
		t.Errorf("got %v", err)
	}
	if files, _ := os.ReadDir(b.dir); len(files) != 1 {
		t.Errorf("it was tried, and what is remembered is %v", files)
	}
}

// The type null says yes to everything: what it does not list must be refused.
func TestTheRealStonithProgram(t *testing.T) {
	t.Parallel()
	installed(t, "/usr/sbin/stonith", "cluster-glue")
	b := newBench(t)
	null := func(hosts string, action Power) *Action {
		return b.action("", func(c *Config) {
			c.Agent, c.Type, c.Action, c.Secrets = "", "null", action, nil
			c.Params, c.Hosts = map[string]string{"hostlist": hosts}, map[string]Host{"db1": {}, "db2": {Plug: "node2"}}
		})
	}
	for i, action := range []Power{Off, Reboot} {
		a := null("db1 node2", action)
		r := db([]string{"1", "2"}[i], "r")
		if p, err := a.Premises(t.Context(), r); err != nil || anyFails(p) {
			t.Errorf("%v %v", p, err)
		}
		if out, err := a.Do(t.Context(), r); err != nil || out.Verified {
			t.Errorf("%+v %v", out, err)
		}
	}
	b.dir = t.TempDir()
	a := null("db7", Off)
	if _, err := a.Do(t.Context(), db("1", "r")); err == nil || !strings.Contains(err.Error(), "does not list db1") {
		t.Errorf("got %v", err)
	}
	wrong := b.action("", func(c *Config) {
		c.Agent, c.Type, c.Secrets, c.Hosts = "", "null", nil, map[string]Host{"db1": {}}
		delete(c.Params, "hostlist")
	})
	if p, err := wrong.Premises(t.Context(), db("1", "r")); err != nil || !failed(p, "stonith-device") {
		t.Errorf("%v %v", p, err)
	}
	if files, _ := filepath.Glob(b.dir + "/*"); len(files) > 0 {
		t.Errorf("left %v", files)
	}
}
