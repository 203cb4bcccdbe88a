package link

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func ask(t *testing.T, c *Check) (checks.Result, string) {
	t.Helper()
	if err := c.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	results, err := c.Run(t.Context(), checks.Target{})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	said := text.Default().Render(text.English, nil, results[0].Summary)
	if strings.Contains(said, "{") || said == results[0].Summary.ID {
		t.Errorf("summary %q", said)
	}
	return results[0], said
}

// tree is a /sys/class/net with one interface.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, "eth0", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestStatesOfAnInterface(t *testing.T) {
	for _, tt := range []struct {
		name     string
		files    map[string]string
		minSpeed int
		state    checks.State
		reason   checks.Reason
		says     string
	}{
		{"up", map[string]string{"operstate": "up", "carrier": "1", "speed": "1000", "carrier_changes": "3"}, 0, checks.OK, "", "1000 Mbit/s"},
		{"a driver without speed", map[string]string{"operstate": "up", "carrier": "1", "speed": "-1"}, 1000, checks.OK, "", "is up"},
		{"a driver without states", map[string]string{"operstate": "unknown", "carrier": "1"}, 0, checks.OK, "", "is up"},
		{"too slow", map[string]string{"operstate": "up", "carrier": "1", "speed": "100"}, 1000, checks.Warning, checks.ReasonThreshold, "only 100 Mbit/s"},
		{"fast enough", map[string]string{"operstate": "up", "carrier": "1", "speed": "1000"}, 1000, checks.OK, "", "1000 Mbit/s"},
		{"no carrier", map[string]string{"operstate": "down", "carrier": "0"}, 0, checks.Critical, checks.ReasonStatus, "no carrier"},
		{"dormant", map[string]string{"operstate": "dormant", "carrier": "1"}, 0, checks.Critical, checks.ReasonStatus, "dormant"},
		{"not there", map[string]string{}, 0, checks.Critical, checks.ReasonStatus, "no interface eth0"},
		{"gone meanwhile", map[string]string{"operstate": "up"}, 0, checks.Critical, checks.ReasonStatus, "no interface eth0"},
	} {
		c := New(Config{Interface: "eth0", MinSpeed: tt.minSpeed}, checks.Deps{})
		c.root = tree(t, tt.files)
		r, said := ask(t, c)
		if r.State != tt.state || r.Reason != tt.reason || !strings.Contains(said, tt.says) {
			t.Errorf("%s: got %s %q %q; want %s %q %q", tt.name, r.State, r.Reason, said, tt.state, tt.reason, tt.says)
		}
	}
}

func TestWhatIsMeasured(t *testing.T) {
	c := New(Config{Interface: "eth0"}, checks.Deps{})
	c.root = tree(t, map[string]string{"operstate": "up", "carrier": "1", "speed": "10000", "carrier_changes": "7"})
	r, _ := ask(t, c)
	if len(r.Perf) != 2 || r.Perf[0].Value != 1e10 || r.Perf[1].Value != 7 || r.Perf[1].Unit != checks.UnitCount {
		t.Errorf("got %+v", r.Perf)
	}
}

func TestLoopbackOfThisMachineIsUp(t *testing.T) {
	if r, said := ask(t, New(Config{Interface: "lo"}, checks.Deps{})); r.State != checks.OK {
		t.Errorf("got %s %s", r.State, said)
	}
	if r, _ := ask(t, New(Config{Interface: "nosuch0"}, checks.Deps{})); r.State != checks.Critical {
		t.Errorf("got %s", r.State)
	}
}

// A cable between two real interfaces, pulled at its other end.
func TestARealCable(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("making a veth pair needs root")
	}
	a := fmt.Sprintf("lk%da", os.Getpid()%100000)
	b := a[:len(a)-1] + "b"
	ip := func(args ...string) {
		t.Helper()
		r, err := runner.Run(t.Context(), runner.Command{Path: "/sbin/ip", Args: args})
		if err != nil || r.ExitCode != 0 {
			t.Fatalf("ip %v: %v %s (apt-get install -y --no-install-recommends iproute2)", args, err, r.Stderr)
		}
	}
	ip("link", "add", a, "type", "veth", "peer", "name", b)
	defer ip("link", "del", a)
	c := New(Config{Interface: a}, checks.Deps{})
	want := func(state checks.State, says string) {
		t.Helper()
		if r, said := ask(t, c); r.State != state || !strings.Contains(said, says) {
			t.Errorf("got %s %q; want %s %q", r.State, said, state, says)
		}
	}
	want(checks.Critical, "switched off")
	ip("link", "set", a, "up")
	want(checks.Critical, "no carrier")
	ip("link", "set", b, "up")
	awaitRunning(t, a)
	want(checks.OK, "")
	ip("link", "set", b, "down")
	want(checks.Critical, "no carrier")
}

// awaitRunning waits until the kernel has seen the carrier: it tells later than
// `ip link set` returns.
func awaitRunning(t *testing.T, name string) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if i, err := net.InterfaceByName(name); err == nil && i.Flags&net.FlagRunning != 0 {
			return
		}
	}
	t.Fatalf("%s has no carrier", name)
}

func TestFaultsAreReported(t *testing.T) {
	for _, name := range []string{"", "..", "a/b", "eth0:1", "averyverylongname"} {
		if err := (&Config{Interface: name}).Validate(); err == nil || !strings.Contains(err.Error(), "interface: got") {
			t.Errorf("%q: got %v", name, err)
		}
	}
	if err := (&Config{Interface: "eth0", MinSpeed: -1}).Validate(); err == nil || !strings.Contains(err.Error(), "min_speed: got -1") {
		t.Errorf("got %v", err)
	}
}
