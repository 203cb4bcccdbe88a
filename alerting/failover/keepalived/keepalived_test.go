package keepalived

import (
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/internal/testhosts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// router is a real keepalived on a host of its own.
type router struct {
	*testhosts.Host
	track, pid string
}

const virtual = "10.99.0.100"

// start runs keepalived until the test ends.
func start(t *testing.T, h *testhosts.Host, priority int) *router {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	r := &router{Host: h, track: path("track"), pid: path("pid")}
	write(t, r.track, "0\n")
	write(t, path("conf"), fmt.Sprintf(`
global_defs {
  vrrp_version 3
}
track_file service {
  file %s
  weight 1
}
vrrp_instance v {
  interface %s
  state BACKUP
  virtual_router_id 51
  priority %d
  advert_int 0.05
  virtual_ipaddress {
    %s/24
  }
  track_file {
    service weight 1
  }
}
`, r.track, h.Link, priority, virtual))
	cmd := h.Command("keepalived", "-n", "-l", "-P", "-f", path("conf"), "-p", r.pid, "-r", path("vrrp.pid"))
	log, err := os.Create(path("log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM) // `ip netns exec` became keepalived; it ends its child
		cmd.Wait()
		if t.Failed() {
			raw, _ := os.ReadFile(path("log"))
			t.Logf("keepalived of %s: %s", h.Name, raw)
		}
	})
	return r
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(15 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func newAction(t *testing.T, cfg Config) *Action {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
}

func TestTheAddressMovesAndComesBack(t *testing.T) {
	if _, err := exec.LookPath("keepalived"); err != nil {
		t.Skip("Debian's package keepalived is not installed")
	}
	ha, hb := testhosts.Pair(t)
	a, b := start(t, ha, 150), start(t, hb, 100)
	eventually(t, "a has the address", func() bool { return a.Has(virtual) && !b.Has(virtual) })
	action := newAction(t, Config{File: a.track, Value: -100, Address: virtual, PIDFile: a.pid})
	status := func() (s failover.Status) {
		a.Do(func() { s, _ = action.Status(t.Context(), failover.Request{}) })
		return s
	}
	if s := status(); s != failover.StatusUndone {
		t.Errorf("at first: %s", s)
	}
	a.Do(func() { expectPremises(t, action, false, "") })
	if out, err := action.Do(t.Context(), failover.Request{}); err != nil || out.Detail.IsZero() {
		t.Fatalf("got %+v, %v", out, err)
	}
	eventually(t, "b has the address alone, and the action is done", func() bool {
		return b.Has(virtual) && !a.Has(virtual) && status() == failover.StatusDone
	})
	a.Do(func() { expectPremises(t, action, true, ""); expectPremises(t, action, false, "track-file") })
	if _, err := action.Undo(t.Context(), failover.Request{Undo: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a has the address again", func() bool { return a.Has(virtual) && !b.Has(virtual) && status() == failover.StatusUndone })
}

func expectPremises(t *testing.T, a *Action, undo bool, want string) {
	t.Helper()
	premises, err := a.Premises(t.Context(), failover.Request{Undo: undo})
	if err != nil {
		t.Error(err)
	}
	var failed []string
	for _, p := range premises {
		if !p.Holds {
			failed = append(failed, p.Name)
		}
	}
	if got := strings.Join(failed, " "); got != want {
		t.Errorf("undo %v: %q does not hold; want %q", undo, got, want)
	}
}

func TestWithoutKeepalivedOrAFileItSaysSo(t *testing.T) {
	dir := t.TempDir()
	track, pid := filepath.Join(dir, "track"), filepath.Join(dir, "pid")
	a := newAction(t, Config{File: track, Value: 1, PIDFile: pid})
	if _, err := a.Premises(t.Context(), failover.Request{}); err == nil {
		t.Error("no track file, and no error")
	}
	if _, err := a.Do(t.Context(), failover.Request{}); err == nil {
		t.Error("it made the file: keepalived would not know it")
	}
	write(t, track, "0")
	expectPremises(t, a, false, "keepalived-runs")
	write(t, pid, fmt.Sprint(os.Getpid())) // runs, and is not keepalived
	expectPremises(t, a, false, "keepalived-runs")
	write(t, track, "7")
	if s, err := a.Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err == nil {
		t.Errorf("a foreign number: got %s, %v", s, err)
	}
	write(t, track, "seven")
	if s, err := a.Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err == nil {
		t.Errorf("no number: got %s, %v", s, err)
	}
}

func TestTheFileIsReplacedWithItsMode(t *testing.T) {
	dir := t.TempDir()
	track := filepath.Join(dir, "track")
	write(t, track, "0")
	if err := os.Chmod(track, 0o640); err != nil {
		t.Fatal(err)
	}
	a := newAction(t, Config{File: track, Value: -5, PIDFile: "/run/keepalived.pid"})
	if _, err := a.Do(t.Context(), failover.Request{}); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(track)
	info, err2 := os.Stat(track)
	if err != nil || err2 != nil || string(raw) != "-5\n" || info.Mode() != 0o640 {
		t.Errorf("got %q, %v, %v", raw, err, info.Mode())
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
	// Somebody else may write there: he could put a link in the file's place.
	if err := os.Chmod(dir, fs.ModePerm); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Undo(t.Context(), failover.Request{}); err == nil || !strings.Contains(err.Error(), "writable by others") {
		t.Errorf("got %v", err)
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{file: /run/x, value: -100, address: 192.0.2.1}": "",
		"{file: x, value: 1}":                             "whole path",
		"{file: /run/../x, value: 1}":                     "whole path",
		"{file: /run/x}":                                  "which is restore too",
		"{file: /run/x, value: 300}":                      "want -254 to 254",
		"{file: /run/x, value: 1, address: 192.0.2.1/24}": "without a prefix length",
		"{file: /run/x, value: 1, pid_file: x}":           "pid_file",
	})
}

// FuzzTrack: what we read as a number, we write as the same number.
func FuzzTrack(f *testing.F) {
	for _, s := range []string{"0\n", " -254 ", "+3", "0x10", "", "9999999999999", "1 2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		n, err := parseTrack(raw)
		if err != nil {
			return
		}
		if again, err := parseTrack(fmt.Appendf(nil, "%d\n", n)); err != nil || again != n {
			t.Errorf("%q: %d, then %d, %v", raw, n, again, err)
		}
	})
}
