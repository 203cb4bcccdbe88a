package heartbeat

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
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is a folder with programs that answer as heartbeat's do: cl_status says
// what was recorded of the real one.
type node struct {
	t   *testing.T
	dir string
}

func newNode(t *testing.T) *node {
	n := &node{t: t, dir: t.TempDir()}
	if err := os.Chmod(n.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	recorded, err := filepath.Abs("testdata/heartbeat-3.0.6")
	if err != nil {
		t.Fatal(err)
	}
	n.write("cl_status", 0o755, `#!/bin/sh
cd `+n.dir+`
case $1 in nodestatus) echo "$2" >>asked;; esac
answer=$(cat "$1")
[ -s "`+recorded+`/$answer" ] && cat "`+recorded+`/$answer"
exit "${answer##*.}"
`)
	// As the real ones: a request is left, something else carries it out.
	for _, name := range []string{"hb_standby", "hb_takeover", "heartbeat"} {
		n.write(name, 0o755, "#!/bin/sh\ncd "+n.dir+"\necho \""+name+" $*\" >>log\n[ -x then ] && ./then\nexit 0\n")
	}
	n.says("hbstatus", "running.0")
	n.says("rscstatus", "local.0")
	n.says("listnodes", "nodes.0")
	n.says("nodestatus", "active.0")
	return n
}

func (n *node) write(name string, mode os.FileMode, content string) {
	n.t.Helper()
	if err := os.WriteFile(filepath.Join(n.dir, name), []byte(content), mode); err != nil {
		n.t.Fatal(err)
	}
}

// says makes a subcommand of cl_status answer what a file of testdata holds.
func (n *node) says(sub, recording string) { n.write(sub, 0o644, recording) }

// then makes the request change what cl_status rscstatus says.
func (n *node) then(script string) { n.write("then", 0o755, "#!/bin/sh\n"+script+"\n") }

func (n *node) log(name string) string {
	raw, err := os.ReadFile(filepath.Join(n.dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		n.t.Fatal(err)
	}
	return string(raw)
}

func (n *node) action(cfg Config) failover.Action {
	n.t.Helper()
	p := func(name string) string { return filepath.Join(n.dir, name) }
	cfg.HBStandby, cfg.HBTakeover, cfg.CLStatus, cfg.Heartbeat = p("hb_standby"), p("hb_takeover"), p("cl_status"), p("heartbeat")
	if cfg.Resources == "" {
		cfg.Resources = All
	}
	if err := cfg.Validate(); err != nil {
		n.t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run}, "nodeA")
}

// failing lists the premises that do not hold; all is their number.
func failing(t *testing.T, a failover.Action, r failover.Request) (names []string, all int) {
	t.Helper()
	premises, err := a.Premises(t.Context(), r)
	if err != nil {
		names = append(names, "error")
	}
	for _, p := range premises {
		if p.At.IsZero() || p.Text.IsZero() {
			t.Errorf("%s lacks a time or a sentence", p.Name)
		}
		if !p.Holds {
			names = append(names, p.Name)
		}
	}
	return names, len(premises)
}

func TestPremises(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  Config
		undo bool
		says [][2]string
		want string // what does not hold
	}{
		{name: "all is well", cfg: Config{Do: Standby}},
		{name: "heartbeat is stopped", cfg: Config{Do: Standby}, says: [][2]string{{"hbstatus", "stopped.1"}, {"rscstatus", "signon.1"}}, want: "heartbeat-runs"},
		{name: "the peer is dead", cfg: Config{Do: Standby}, says: [][2]string{{"nodestatus", "dead.1"}}, want: "peer-active"},
		{name: "the peer is dead, stop", cfg: Config{Do: Stop}, says: [][2]string{{"nodestatus", "dead.1"}}, want: "peer-active"},
		{name: "no such peer", cfg: Config{Do: Standby, Peer: "nosuch"}, says: [][2]string{{"nodestatus", "nosuch.11"}}, want: "error"},
		{name: "nothing to give", cfg: Config{Do: Standby}, says: [][2]string{{"rscstatus", "none.0"}}, want: "resources-here"},
		{name: "nothing foreign to give", cfg: Config{Do: Standby, Resources: Foreign}, want: "resources-here"},
		{name: "moving", cfg: Config{Do: Standby}, says: [][2]string{{"rscstatus", "transition.0"}}, want: "resources-settled"},
		{name: "takeover of what is elsewhere", cfg: Config{Do: Takeover}},
		{name: "takeover of what is here", cfg: Config{Do: Takeover}, says: [][2]string{{"rscstatus", "all.0"}}, want: "resources-elsewhere"},
		{name: "standby taken back", cfg: Config{Do: Standby}, undo: true, says: [][2]string{{"rscstatus", "none.0"}}},
		{name: "standby taken back twice", cfg: Config{Do: Standby}, undo: true, says: [][2]string{{"rscstatus", "all.0"}}, want: "resources-elsewhere"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNode(t)
			for _, s := range tt.says {
				n.says(s[0], s[1])
			}
			got, all := failing(t, n.action(tt.cfg), failover.Request{Undo: tt.undo})
			if strings.Join(got, " ") != tt.want || tt.want == "" && all != 4 {
				t.Errorf("got %v of %d; want %q", got, all, tt.want)
			}
			if n.log("log") != "" {
				t.Errorf("a look changed something: %s", n.log("log"))
			}
			if asked := n.log("asked"); tt.cfg.Peer == "" && asked != "" && asked != "nodeb\n" {
				t.Errorf("asked about %q; want nodeb", asked)
			}
		})
	}
}

func TestEachDeedWaitsUntilItIsSo(t *testing.T) {
	for _, tt := range []struct {
		deed  Deed
		undo  bool
		from  string
		then  string
		calls string
	}{
		{Standby, false, "local.0", "echo transition.0 >rscstatus; (sleep 0.7; echo none.0 >rscstatus) & wait", "hb_standby all\n"},
		{Standby, true, "none.0", "echo all.0 >rscstatus", "hb_takeover all\n"},
		{Takeover, false, "none.0", "echo all.0 >rscstatus", "hb_takeover all\n"},
		{Takeover, true, "all.0", "echo none.0 >rscstatus", "hb_standby all\n"},
		{Stop, false, "all.0", "echo stopped.1 >hbstatus; echo signon.1 >rscstatus", "heartbeat -k\n"},
	} {
		n := newNode(t)
		n.says("rscstatus", tt.from)
		n.then(tt.then)
		a := n.action(Config{Do: tt.deed})
		do, want := a.Do, failover.StatusDone
		if tt.undo {
			do, want = a.(failover.Undoer).Undo, failover.StatusUndone
		}
		out, err := do(t.Context(), failover.Request{Undo: tt.undo})
		if err != nil || !out.Verified || out.Detail.IsZero() || n.log("log") != tt.calls {
			t.Errorf("%s undo %v: got %+v, %v, %q", tt.deed, tt.undo, out, err, n.log("log"))
		}
		if got, err := a.Status(t.Context(), failover.Request{}); got != want || err != nil {
			t.Errorf("%s undo %v: status %s, %v", tt.deed, tt.undo, got, err)
		}
	}
	if _, ok := newNode(t).action(Config{Do: Stop}).(failover.Undoer); ok {
		t.Error("stop cannot be taken back, and is an Undoer")
	}
}

func TestARequestThatIsDeclinedFailsAndOneThatHangsIsUnknown(t *testing.T) {
	for then, wantUnknown := range map[string]bool{
		"exit 0":                       false, // declined: the resources stay
		"echo transition.0 >rscstatus": true,
		"echo nosuch.11 >rscstatus":    true,
		"exec sleep 60":                true, // hb_standby itself hangs
	} {
		t.Run(then, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.then(then)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			out, err := n.action(Config{Do: Standby}).Do(ctx, failover.Request{})
			if err == nil || errors.As(err, &failover.Unknown{}) != wantUnknown || out.Verified {
				t.Errorf("got %+v, %v; want unknown %v", out, err, wantUnknown)
			}
		})
	}
}

func TestStatusIsUnknownWhileNobodyCanSay(t *testing.T) {
	n := newNode(t)
	n.says("rscstatus", "transition.0")
	if s, err := n.action(Config{Do: Standby}).Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err != nil {
		t.Errorf("got %s, %v", s, err)
	}
	n.says("rscstatus", "signon.1") // stopped, or killed with its resources: nobody can say
	if s, err := n.action(Config{Do: Standby}).Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err == nil {
		t.Errorf("got %s, %v", s, err)
	}
	n.says("hbstatus", "stopped.1")
	if s, err := n.action(Config{Do: Stop}).Status(t.Context(), failover.Request{}); s != failover.StatusDone || err != nil {
		t.Errorf("got %s, %v", s, err)
	}
}

func TestTheOtherNode(t *testing.T) {
	for nodes, want := range map[string]string{"a b": "b", "B a": "B", "a": "", "a b c": "", "x y": "", "": ""} {
		got, err := otherNode(strings.Fields(nodes), "A")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", nodes, got, err, want)
		}
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"standby":                          "",
		"{do: takeover, resources: local}": "",
		"fence":                            `do: got "fence"; want standby, takeover or stop`,
		"{}":                               "do: got",
		"{do: stop, resources: local}":     "gives up all",
		"{do: standby, resources: some}":   "want all, local or foreign",
		"{do: standby, peer: -x}":          "peer: got",
		"{do: standby, cl_status: x}":      "whole path",
	})
}

// FuzzAnswers: whatever cl_status prints, what we make of it is one of its words.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{"local\n", "all", "transition", "none none", "nodeb\nnodea\n", "\x00", "Heartbeat is running"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, out []byte) {
		h, err := parseHolding(out)
		if word := strings.TrimSpace(string(out)); (err == nil) != slices.Contains([]string{"local", "foreign", "all", "none", "transition"}, word) {
			t.Errorf("%q: got %+v, %v", out, h, err)
		}
		if h.moving && (h.local || h.foreign) {
			t.Errorf("%q: %+v", out, h)
		}
		if peer, err := otherNode(parseNodes(out), "nodea"); err == nil && (peer == "" || strings.EqualFold(peer, "nodea") || strings.ContainsAny(peer, " \n")) {
			t.Errorf("%q: peer %q", out, peer)
		}
	})
}
