package stonith

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"monitord/alerting/failover"
	"monitord/internal/config"
)

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	for _, tt := range []struct {
		config Config
		want   []string
	}{
		{Config{}, []string{"agent:", "stonith:", "action:", "hosts:", "quiet:", "confirm_within:"}},
		{Config{Agent: "/bin/sh", Type: "null"}, []string{"type:"}},
		{Config{Agent: "/bin/sh"}, []string{"agent: got"}},
		{Config{Agent: "fence_x"}, []string{"agent: got"}},
		{Config{Type: "-T"}, []string{"type: got"}},
		{Config{Type: "../x", SilentPort: 70000}, []string{"type: got", "silent_port: got"}},
		{Config{Action: Reboot, SilentPort: 22}, []string{"silent_port: goes with"}},
		{Config{Params: map[string]string{"a": "x\naction=off"}}, []string{"params.a"}},
		{Config{Params: map[string]string{"action": "on", "plug": "1", "LD_PRELOAD": "x", "PATH": "/tmp"}}, []string{"params.action", "params.plug", "params.LD_PRELOAD", "params.PATH"}},
		{Config{Params: map[string]string{"passwd_script": "/tmp/x", "ipmitool_path": "/tmp/x", "debug_file": "/etc/passwd", "ipmitool": "/tmp/x"}},
			[]string{"params.passwd_script", "params.ipmitool_path", "params.debug_file", "params.ipmitool"}},
		{Config{Params: map[string]string{"a b": "", "a=b": ""}}, []string{`"a b"`, `"a=b"`}},
		{Config{Secrets: map[string]config.Secret{"password": {}, "action": {File: "f"}}}, []string{"secrets.password", "secrets.action"}},
		{Config{Hosts: map[string]Host{"db1": {Plug: "1\naction=on", Params: map[string]string{"port": "1"}}, "db2": {Plug: "-T"}}},
			[]string{"hosts.db1.plug", "hosts.db1.params.port", "hosts.db2.plug"}},
	} {
		err := tt.config.Validate()
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%v lacks %q", err, want)
			}
		}
	}
}

func decode(t *testing.T, yaml string) *Config {
	t.Helper()
	n, err := config.ParseBytes("x.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	c, err := failover.Options(Kind(), n, "")
	if err != nil {
		t.Fatal(err)
	}
	return c.(*Config)
}

func TestTheSampleIsTheDefault(t *testing.T) {
	got := decode(t, strings.NewReplacer("# hosts:", "hosts:", "#   db", "  db", `agent: "" `, "agent: /usr/sbin/fence_x ").Replace(Sample))
	want := DefaultConfig()
	want.Agent = "/usr/sbin/fence_x"
	want.Params, want.Secrets = map[string]string{}, map[string]config.Secret{}
	want.Hosts = map[string]Host{"db1": {Plug: "7"}, "db2": {Params: map[string]string{"ip": "192.0.2.202"}}}
	if d := cmp.Diff(&want, got); d != "" {
		t.Error(d)
	}
	raw, err := config.Marshal(got) // as it goes to a probe
	if err != nil {
		t.Fatal(err)
	}
	if again := decode(t, string(raw)); again.Hosts["db1"].Plug != "7" || again.Quiet != time.Hour {
		t.Errorf("%s", raw)
	}
}

func TestTheExampleIsValid(t *testing.T) {
	raw, err := os.ReadFile("testdata/example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c := decode(t, string(raw)); len(c.Hosts) != 2 {
		t.Errorf("%+v", c)
	}
}

// An agent may print anything: only its own word, alone on a line, says off.
func FuzzStatus(f *testing.F) {
	for _, s := range []string{"Status: OFF\n", "Status: ON\n", "status:  off", "Status: OFFLINE", "x Status: OFF", "\x00\nStatus: OFF\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		off := saysOff(out)
		if off && !strings.Contains(strings.ToLower(string(out)), "off") {
			t.Errorf("%q says off", out)
		}
		if !saysOff(append(append([]byte{}, out...), "\nStatus: OFF\n"...)) {
			t.Errorf("%q hides the word", out)
		}
	})
}
