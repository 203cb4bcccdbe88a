package pacemaker

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/checks"
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig is a cluster without machines: the real tools on a configuration in a
// file, and the real scheduler (crm_simulate) that moves what it would move.
type rig struct {
	t     *testing.T
	tools string
	cib   string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	for _, tool := range []string{"crm_resource", "crm_standby", "crm_mon", "crm_simulate"} {
		if _, err := os.Stat("/usr/sbin/" + tool); err != nil {
			t.Skip("Debian's package pacemaker-cli-utils is not installed")
		}
	}
	r := &rig{t: t, tools: t.TempDir()}
	r.cib = filepath.Join(r.tools, "cib.xml")
	raw, err := os.ReadFile("testdata/cib.xml")
	if err != nil {
		t.Fatal(err)
	}
	r.write("cib.xml", string(raw), 0o644)
	for _, tool := range []string{"crm_resource", "crm_standby", "crm_mon"} {
		r.write(tool, `#!/bin/sh
cd `+r.tools+`
export CIB_file=$PWD/cib.xml
/usr/sbin/`+tool+` "$@"
code=$?
[ `+tool+` = crm_mon ] && exit $code
echo "`+tool+` $*" >>log
crm_simulate --live-check --simulate --save-output=$PWD/next.xml >/dev/null && mv next.xml cib.xml
exit $code
`, 0o755)
	}
	return r
}

func (r *rig) write(name, content string, mode os.FileMode) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.tools, name), []byte(content), mode); err != nil {
		r.t.Fatal(err)
	}
}

// edit changes the cluster's configuration or state by hand.
func (r *rig) edit(replace ...string) {
	r.t.Helper()
	raw, err := os.ReadFile(r.cib)
	if err != nil {
		r.t.Fatal(err)
	}
	after := strings.NewReplacer(replace...).Replace(string(raw))
	if after == string(raw) {
		r.t.Fatalf("nothing to replace: %q", replace)
	}
	r.write("cib.xml", after, 0o644)
}

func (r *rig) action(do Deed, resource, node string) *Action {
	r.t.Helper()
	cfg := Config{Do: do, Resource: resource, Node: node, Tools: r.tools}
	if err := cfg.Validate(); err != nil {
		r.t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run})
}

func failing(t *testing.T, a *Action, r failover.Request) string {
	t.Helper()
	premises, err := a.Premises(t.Context(), r)
	if err != nil {
		return "error"
	}
	var names []string
	for _, p := range premises {
		if p.Text.IsZero() || p.At.IsZero() {
			t.Errorf("%s lacks a sentence or a time", p.Name)
		}
		if !p.Holds {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, " ")
}

func onDB1() failover.Request {
	return failover.Request{ID: "x-1", Service: checks.Service{Host: "db1", Check: "postgres"}}
}

func TestTheRealToolsMoveAndTakeBack(t *testing.T) {
	for _, tt := range []struct {
		do                   Deed
		resource, node, want string // where resource db (or web) is afterwards
	}{
		{Move, "db", "db2", "db2"}, {Ban, "db", HostMacro, "db2"}, {Standby, "", "db1", "db2"},
	} {
		t.Run(string(tt.do)+" "+tt.resource, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			a := r.action(tt.do, tt.resource, tt.node)
			if got := failing(t, a, onDB1()); got != "" {
				t.Errorf("%s does not hold", got)
			}
			if s, err := a.Status(t.Context(), onDB1()); s != failover.StatusUndone || err != nil {
				t.Errorf("at first: %s, %v", s, err)
			}
			out, err := a.Do(t.Context(), onDB1())
			if err != nil || !out.Verified || out.Detail.IsZero() {
				t.Fatalf("got %+v (%s), %v", out, out.Output, err)
			}
			c, err := a.look(t.Context())
			resource := tt.resource
			if resource == "" {
				resource = "web"
			}
			if p := c.place(resource); err != nil || !slices.Equal(p.Nodes, []string{tt.want}) {
				t.Errorf("it is on %v, %v", p.Nodes, err)
			}
			if got := failing(t, a, onDB1()); got == "" {
				t.Error("again: every premise holds, and there is nothing to move")
			}
			undo := onDB1()
			undo.Undo = true
			if got := failing(t, a, undo); got != "" {
				t.Errorf("undo: %s does not hold", got)
			}
			if out, err := a.Undo(t.Context(), undo); err != nil || !out.Verified {
				t.Errorf("undo: got %+v (%s), %v", out, out.Output, err)
			}
			if raw, _ := os.ReadFile(r.cib); strings.Contains(string(raw), "cli-") || strings.Contains(string(raw), `value="on"`) {
				t.Errorf("left behind: %s", raw)
			}
		})
	}
}

func TestPremisesOfAClusterThatCannot(t *testing.T) {
	offline := []string{`<node_state id="2" uname="db2" in_ccm="true" crmd="online" join="member" expected="member">`, `<node_state id="2" uname="db2" in_ccm="false" crmd="offline" join="down" expected="down">`}
	for _, tt := range []struct {
		name string
		edit []string
		do   Deed
		on   string
		want string
	}{
		{"no quorum", []string{`have-quorum="1"`, `have-quorum="0"`}, Ban, "db1", "quorum"},
		{"maintenance", []string{`<nvpair id="o-s"`, `<nvpair id="o-m" name="maintenance-mode" value="true"/><nvpair id="o-s"`}, Ban, "db1", "cluster-managed resource"},
		{"nobody takes over", offline, Ban, "db1", "peer-online"},
		{"nobody takes over, standby", offline, Standby, "db1", "peer-online"},
		{"the target is gone", offline, Move, "db2", "peer-online"},
		{"it runs there already", nil, Move, "db1", "resource"},
		{"it does not run there", nil, Ban, "db2", "resource"},
		{"no such node", nil, Standby, "db3", "node-known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			if tt.edit != nil {
				r.edit(tt.edit...)
			}
			resource := "db"
			if tt.do == Standby {
				resource = ""
			}
			if got := failing(t, r.action(tt.do, resource, tt.on), onDB1()); got != tt.want {
				t.Errorf("%q does not hold; want %q", got, tt.want)
			}
			if _, err := os.Stat(filepath.Join(r.tools, "log")); err == nil {
				t.Error("a look changed something")
			}
		})
	}
	if got := failing(t, newRig(t).action(Ban, "none", "db1"), onDB1()); got != "resource" {
		t.Errorf("no such resource: %q does not hold", got)
	}
}

func TestAClusterThatDoesNotFollow(t *testing.T) {
	for _, tt := range []struct {
		do       Deed
		resource string
		says     string // what crm_mon prints, again and again
		unknown  bool
	}{
		{Ban, "db", "all-on-db1.xml", false},
		{Standby, "", "standby-moving.xml", true}, // a node in standby that is not empty is under way
		{Ban, "db", "not-running.xml", true},
	} {
		t.Run(string(tt.do)+" "+tt.says, func(t *testing.T) {
			t.Parallel()
			r := &rig{t: t, tools: t.TempDir()}
			r.write("crm_resource", "#!/bin/sh\nexit 0\n", 0o755)
			r.write("crm_standby", "#!/bin/sh\nexit 0\n", 0o755)
			r.write("says", string(recorded(t, tt.says)), 0o644)
			r.write("crm_mon", "#!/bin/sh\nexec cat "+r.tools+"/says\n", 0o755)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			out, err := r.action(tt.do, tt.resource, "db1").Do(ctx, onDB1())
			if err == nil || out.Verified || errors.As(err, &failover.Unknown{}) != tt.unknown {
				t.Errorf("got %+v, %v", out, err)
			}
		})
	}
}

func TestHowTheToolsFail(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	a := r.action(Ban, "none", "db1")
	if _, err := a.Do(t.Context(), onDB1()); err == nil || !strings.Contains(err.Error(), "exit code 105: crm_resource: Resource 'none' not found") {
		t.Errorf("got %v", err)
	}
	r.write("crm_resource", "#!/bin/sh\nexit 124\n", 0o755)
	if _, err := a.Do(t.Context(), onDB1()); !errors.As(err, &failover.Unknown{}) {
		t.Errorf("timed out: got %v; want Unknown", err)
	}
	r.write("crm_mon", "#!/bin/sh\nexit 102\n", 0o755)
	if s, err := a.Status(t.Context(), onDB1()); s != failover.StatusUnknown || err == nil || !strings.Contains(err.Error(), "is the cluster running") {
		t.Errorf("not connected: got %s, %v", s, err)
	}
	evil := onDB1()
	evil.Service.Host = "--force"
	if _, err := r.action(Ban, "db", HostMacro).Do(t.Context(), evil); err == nil || !strings.Contains(err.Error(), "no node's name") {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{do: ban, resource: db, node: '{{host}}'}":   "",
		"{do: standby, node: db1}":                    "",
		"{do: standby, resource: db, node: db1}":      "leave it out",
		"{do: move, node: db1}":                       "resource: got",
		"{do: move, resource: db}":                    "node: got",
		"{do: move, resource: --all, node: db1}":      "resource: got",
		"{do: fence, node: db1}":                      "want move, ban or standby",
		"{do: standby, node: 'x {{host}}'}":           "node: got",
		"{do: standby, node: db1, tools: usr/sbin}":   "absolute folder",
		"{do: standby, node: db1, lifetime: forever}": "unknown key",
	})
}
