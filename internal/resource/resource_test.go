package resource

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// initScript is an LSB script as Debian writes them, of a daemon that sleeps.
const initScript = `#!/bin/sh
### BEGIN INIT INFO
# Provides:          sleeper
# Required-Start:
# Required-Stop:
# Default-Start:
# Default-Stop:
# Short-Description: sleeps
### END INIT INFO
. /lib/lsb/init-functions
echo "$@" >>DIR/calls
case "$1" in
start) start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile DIR/pid --exec /bin/sleep -- 1000 ;;
stop) start-stop-daemon --stop --quiet --oknodo --retry 5 --remove-pidfile --pidfile DIR/pid ;;
status) status_of_proc -p DIR/pid /bin/sleep sleeper ;;
*) exit 2 ;;
esac
`

// script writes a script in which DIR is a folder of its own.
func script(t *testing.T, content string) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "DIR", dir)), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

func handler(r Resource) *Handler {
	return &Handler{Resource: r.withDefaults(), Systemctl: "/nonexistent/systemctl", Environ: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}
}

func want(t *testing.T, h *Handler, action string, state State, code int) {
	t.Helper()
	if s, c, err := h.Do(t.Context(), action); s != state || c != code {
		t.Errorf("%s: got %s, %d, %v; want %s, %d", action, s.Word(), c, err, state.Word(), code)
	}
}

// Debian's own init functions and start-stop-daemon.
func TestARealInitScriptKeepsTheContract(t *testing.T) {
	path, dir := script(t, initScript)
	h := handler(Resource{Script: path})
	t.Cleanup(func() { _, _, _ = h.Do(context.Background(), Stop) })
	want(t, h, Status, Stopped, CodeStatusStopped)
	want(t, h, Monitor, Stopped, CodeOCFNotRunning)
	want(t, h, Stop, Stopped, CodeOK) // nothing to do
	want(t, h, Start, Running, CodeOK)
	want(t, h, Start, Running, CodeOK) // nothing to do
	want(t, h, Status, Running, CodeOK)
	want(t, h, Monitor, Running, CodeOK)
	want(t, h, Stop, Stopped, CodeOK)
	want(t, h, Monitor, Stopped, CodeOCFNotRunning)
	b, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil || strings.Count(string(b), "start\n") != 1 || strings.Count(string(b), "stop\n") != 1 {
		t.Errorf("the script was called with %q, %v; want start and stop once", b, err)
	}
}

func TestAPIDFileStandsInForAStatusThatLies(t *testing.T) {
	path, dir := script(t, strings.Replace(initScript, "status) status_of_proc", "status) exit 0; status_of_proc", 1))
	h := handler(Resource{Script: path, PIDFile: filepath.Join(dir, "pid")})
	t.Cleanup(func() { _, _, _ = h.Do(context.Background(), Stop) })
	want(t, h, Status, Stopped, CodeStatusStopped)
	want(t, h, Start, Running, CodeOK)
	want(t, h, Stop, Stopped, CodeOK)
	if err := os.WriteFile(h.Resource.PIDFile, []byte("self\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, h, Monitor, Unknown, CodeFailed)
}

// systemctlScript behaves as systemctl does about one unit: its state is in a file.
const systemctlScript = `#!/bin/sh
for unit; do :; done
[ "$unit" = my.service ] || { case "$*" in show*) echo LoadState=not-found; echo ActiveState=inactive; exit 0;; esac; echo "Unit $unit not found." >&2; exit 5; }
case "$*" in
"show --property=LoadState,ActiveState -- my.service") echo LoadState=loaded; echo ActiveState=$(cat DIR/state); [ ! -e DIR/next ] || mv DIR/next DIR/state;;
"--no-ask-password start -- my.service") echo activating >DIR/state; echo active >DIR/next;;
"--no-ask-password stop -- my.service") echo inactive >DIR/state;;
*) echo "what is $*" >&2; exit 1;;
esac
`

func TestAUnitKeepsTheContract(t *testing.T) {
	path, dir := script(t, systemctlScript)
	set := func(state string) {
		if err := os.WriteFile(filepath.Join(dir, "state"), []byte(state+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h := handler(Resource{Unit: "my.service"})
	h.Systemctl = path
	set("inactive")
	want(t, h, Status, Stopped, CodeStatusStopped)
	want(t, h, Start, Running, CodeOK) // it is waited for
	want(t, h, Monitor, Running, CodeOK)
	want(t, h, Stop, Stopped, CodeOK)
	set("failed")
	want(t, h, Monitor, Stopped, CodeOCFNotRunning)
	set("deactivating")
	want(t, h, Status, Unknown, CodeStatusUnknown)
	h.Resource.Unit = "no.service"
	want(t, h, Status, Unknown, CodeStatusUnknown)
	want(t, h, Start, Unknown, CodeFailed)
	h.Systemctl = filepath.Join(dir, "none")
	want(t, h, Start, Unknown, CodeNotInstalled)
}

func TestWhatHangsOrFailsIsNotDone(t *testing.T) {
	for _, tt := range []struct {
		name, script, action string
		state                State
		code                 int
		says                 string
	}{
		{"start fails", "case $1 in status) exit 3;; *) exit 1;; esac", Start, Stopped, CodeFailed, "exit code 1"},
		{"start says yes and does nothing", "case $1 in status) exit 3;; esac", Start, Stopped, CodeFailed, "stopped, not running"},
		{"stop fails", "case $1 in status) exit 0;; *) echo no >&2; exit 1;; esac", Stop, Running, CodeFailed, "exit code 1"},
		{"stop hangs", "case $1 in status) exit 0;; *) sleep 60;; esac", Stop, Running, CodeFailed, "ended by us"},
		{"status hangs", "sleep 60", Status, Unknown, CodeStatusUnknown, "no end within"},
		{"status knows nothing", "echo hm >&2; exit 150", Monitor, Unknown, CodeFailed, "exit code 150"},
		{"dead with a pid file", "exit 1", Status, Stopped, CodeStatusStopped, ""},
		{"restart is not ours", "exit 0", "restart", Unknown, CodeUsage, "want start, stop, status or monitor"},
	} {
		path, _ := script(t, "#!/bin/sh\n"+tt.script+"\n")
		h := handler(Resource{Script: path, StartTimeout: 500 * time.Millisecond, StopTimeout: 500 * time.Millisecond, StatusTimeout: 400 * time.Millisecond})
		s, c, err := h.Do(t.Context(), tt.action)
		if s != tt.state || c != tt.code || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
			t.Errorf("%s: got %s, %d, %v", tt.name, s.Word(), c, err)
		}
	}
}

func TestArgumentsStandBeforeTheAction(t *testing.T) {
	path, dir := script(t, "#!/bin/sh\necho \"$@\" >>DIR/calls\nexit 0\n")
	want(t, handler(Resource{Script: path, Args: []string{"a b", "$HOME"}}), Status, Running, CodeOK)
	if b, err := os.ReadFile(filepath.Join(dir, "calls")); err != nil || string(b) != "a b $HOME status\n" {
		t.Errorf("got %q, %v", b, err)
	}
}

func TestNoWordLooksLikeRunningUnlessItIs(t *testing.T) {
	for _, s := range []State{Unknown, Stopped} { // as heartbeat's ResourceManager looks
		if w := s.Word(); strings.Contains(strings.ToLower(w), "running") || strings.Contains(w, "OK") {
			t.Errorf("%q", w)
		}
	}
}

func FuzzParseUnit(f *testing.F) {
	f.Add([]byte("LoadState=loaded\nActiveState=active\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseUnit(b)
		if (s == Unknown) != (err != nil) {
			t.Errorf("%q: %s, %v", b, s.Word(), err)
		}
	})
}

// list writes a list of resources.
func list(t *testing.T, yaml string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "resources.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOnlyWhatTheListNamesIsFound(t *testing.T) {
	path := list(t, "resources:\n  web: {script: /etc/init.d/nginx, stop_timeout: 20s}\n  db: {unit: postgresql.service}\n", 0o644)
	r, cfg, err := Find(path, "web")
	if err != nil || r.Script != "/etc/init.d/nginx" || r.StopTimeout != 20*time.Second || r.StartTimeout != defaultChange || cfg.Systemctl != "/usr/bin/systemctl" {
		t.Errorf("got %+v, %+v, %v", r, cfg, err)
	}
	if _, _, err := Find(path, "nginx"); !errors.Is(err, ErrNotListed) || !strings.Contains(err.Error(), "db, web") {
		t.Errorf("got %v", err)
	}
	if _, _, err := Find(path+"x", "web"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAListThatOthersCouldHaveWrittenIsRefused(t *testing.T) {
	path := list(t, "resources: {}\n", 0o666)
	if _, _, err := Find(path, "web"); err == nil || !strings.Contains(err.Error(), "chmod go-w "+path) {
		t.Errorf("got %v", err)
	}
	if os.Getuid() != 0 {
		t.Skip("giving a file away needs root")
	}
	path = list(t, "resources: {}\n", 0o600)
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Find(path, "web"); err == nil || !strings.Contains(err.Error(), "chown root "+path) {
		t.Errorf("got %v", err)
	}
}

func TestFaultsOfTheListAreReportedWithTheirPlaces(t *testing.T) {
	path := list(t, `systemctl: systemctl
resources:
  a: {}
  b: {script: init.d/b, unit: -b, pid_file: p, args: [x]}
  c: {unit: "a b", start_timeout: -1s}
`, 0o600)
	_, _, err := Find(path, "a")
	for _, want := range []string{":1:12: systemctl: got", ":3:6: resources.a: want either", "resources.b.script: got", "resources.b.pid_file: got", "resources.b.unit: ", "resources.c.unit: got \"a b\"", "resources.c.start_timeout: got -1s"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q in:\n%v", want, err)
		}
	}
}

func TestAResultIsToldOnOneLine(t *testing.T) {
	got := ended(runner.Result{ExitCode: 1, Took: 1500 * time.Microsecond, Stderr: []byte("a\n b\n" + strings.Repeat("x", 1000))})
	if !strings.HasPrefix(got, "exit code 1 after 2ms: a b x") || strings.Contains(got, "\n") || len(got) > 400 {
		t.Errorf("got %q", got)
	}
	if got := fmt.Sprint(code(Monitor, Running), code(Status, Running)); got != "0 0" {
		t.Error(got)
	}
}
