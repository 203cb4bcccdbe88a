package lsb

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/internal/runner"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newAction(t *testing.T, do Verb, script string) failover.Action {
	t.Helper()
	cfg := Config{Do: do, Script: script}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run})
}

func write(t *testing.T, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// nginxScript is a copy of Debian's /etc/init.d/nginx that serves a configuration
// of our own on a free port of loopback.
func nginxScript(t *testing.T) (script, url string) {
	t.Helper()
	raw, err := os.ReadFile("/etc/init.d/nginx")
	if err != nil {
		t.Skipf("needs Debian's package nginx: %v", err)
	}
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(testproc.FreePort(t)))
	dir, scratch := t.TempDir(), t.TempDir() // nginx gives the second away to its own user
	conf := write(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(`
pid %[1]s/nginx.pid;
error_log %[1]s/error.log;
events {}
http {
  access_log off;
  client_body_temp_path %[3]s; proxy_temp_path %[3]s; fastcgi_temp_path %[3]s; uwsgi_temp_path %[3]s; scgi_temp_path %[3]s;
  server { listen %[2]s; location / { return 200 here; } }
}`, dir, addr, scratch), 0o644)
	defaults := write(t, filepath.Join(dir, "default"), "DAEMON_OPTS='-c "+conf+"'\nSTOP_SCHEDULE=TERM/5/KILL/5\n", 0o644)
	private := strings.NewReplacer("/etc/default/nginx", defaults, "/etc/nginx/nginx.conf", conf).Replace(string(raw))
	script = write(t, filepath.Join(dir, "nginx"), private, 0o755)
	t.Cleanup(func() { // what is left of it, by its own number
		raw, _ := os.ReadFile(filepath.Join(dir, "nginx.pid"))
		if pid, err := strconv.Atoi(strings.TrimSpace(string(raw))); err == nil {
			if p, err := os.FindProcess(pid); err == nil {
				p.Signal(syscall.SIGTERM) // it ends its workers too
			}
		}
	})
	return script, "http://" + addr + "/"
}

func answers(url string) bool {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(url)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body) == "here"
}

func TestDebiansNginxStartsOutlivesUsAndStops(t *testing.T) {
	script, url := nginxScript(t)
	start, stop := newAction(t, Start, script), newAction(t, Stop, script)
	expect := func(step string, up bool) {
		t.Helper()
		want := map[bool]failover.Status{true: failover.StatusDone, false: failover.StatusUndone}
		if s, err := start.Status(t.Context(), failover.Request{}); s != want[up] || err != nil {
			t.Errorf("%s: start is %s, %v", step, s, err)
		}
		if s, err := stop.Status(t.Context(), failover.Request{}); s != want[!up] || err != nil {
			t.Errorf("%s: stop is %s, %v", step, s, err)
		}
		for begin := time.Now(); answers(url) != up; { // its workers may still be on their way
			if time.Since(begin) > 10*time.Second {
				t.Fatalf("%s: it answers: %v; want %v", step, !up, up)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	expect("at first", false)
	premises, err := start.Premises(t.Context(), failover.Request{})
	if err != nil || len(premises) != 2 || !premises[0].Holds || !premises[1].Holds || premises[1].Text.ID != "lsb.stopped" {
		t.Errorf("got %+v, %v", premises, err)
	}
	if out, err := start.Do(t.Context(), failover.Request{ID: "x"}); err != nil {
		t.Fatalf("start: %+v, %v", out, err)
	}
	expect("started", true)
	if out, err := start.Do(t.Context(), failover.Request{ID: "x"}); err != nil { // LSB: success when it runs already
		t.Errorf("start again: %s, %v", out.Output, err)
	}
	if out, err := start.(failover.Undoer).Undo(t.Context(), failover.Request{ID: "x", Undo: true}); err != nil {
		t.Errorf("taken back: %s, %v", out.Output, err)
	}
	expect("taken back", false)
}

func TestExitCodes(t *testing.T) {
	dir := t.TempDir()
	script := write(t, filepath.Join(dir, "service"), `#!/bin/sh
case $1 in status) exit $(cat `+dir+`/status);; esac
echo "cannot $1 for $MONITORD_ID" >&2
exit $(cat `+dir+`/code)
`, 0o755)
	for _, tt := range []struct {
		do   Verb
		code string
		says string // empty: success
	}{
		{Start, "0", ""}, {Stop, "7", ""}, {Stop, "0", ""},
		{Start, "7", "(LSB: the program is not running)"}, {Start, "5", "exit code 5: cannot start for r-1 (LSB: the program is not installed)"},
		{Restart, "4", "(LSB: insufficient rights)"}, {Start, "150", "exit code 150: cannot start for r-1"},
	} {
		write(t, filepath.Join(dir, "code"), tt.code, 0o644)
		_, err := newAction(t, tt.do, script).Do(t.Context(), failover.Request{ID: "r-1"})
		if (err == nil) != (tt.says == "") || err != nil && !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s exits %s: got %v; want %q", tt.do, tt.code, err, tt.says)
		}
		if err != nil && !errors.As(err, &failover.ExitError{}) {
			t.Errorf("%s exits %s: got %T", tt.do, tt.code, err)
		}
	}
	d, u, unknown := failover.StatusDone, failover.StatusUndone, failover.StatusUnknown
	for code, want := range map[string][3]failover.Status{
		"0": {d, u, unknown}, "1": {u, d, u}, "2": {u, d, u}, "3": {u, d, u}, "4": {unknown, unknown, unknown}, "120": {unknown, unknown, unknown},
	} {
		write(t, filepath.Join(dir, "status"), code, 0o644)
		for i, do := range []Verb{Start, Stop, Restart} {
			got, err := newAction(t, do, script).Status(t.Context(), failover.Request{})
			if got != want[i] || err != nil && code < "4" && len(code) == 1 {
				t.Errorf("%s, status exits %s: got %s, %v; want %s", do, code, got, err, want[i])
			}
		}
		premises, err := newAction(t, Start, script).Premises(t.Context(), failover.Request{})
		if known := want[1] != unknown; err != nil || len(premises) != 2 || premises[1].Holds != known {
			t.Errorf("status exits %s: %+v, %v", code, premises, err)
		}
	}
}

func TestAScriptThatOthersCanChangeIsNotEvenAsked(t *testing.T) {
	dir := t.TempDir()
	script := write(t, filepath.Join(dir, "service"), "#!/bin/sh\ntouch "+dir+"/ran\n", 0o755)
	if err := os.Chmod(script, 0o777); err != nil {
		t.Fatal(err)
	}
	premises, err := newAction(t, Start, script).Premises(t.Context(), failover.Request{})
	if err != nil || len(premises) != 1 || premises[0].Holds {
		t.Errorf("got %+v, %v", premises, err)
	}
	if s, err := newAction(t, Start, script).Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err == nil {
		t.Errorf("got %s, %v", s, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "ran")); err == nil {
		t.Error("it was started")
	}
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{do: start, script: /etc/init.d/nginx}":  "",
		"{do: reload, script: /etc/init.d/nginx}": "want start, stop or restart",
		"{do: start, script: nginx}":              "whole path",
		"{do: start}":                             "script: got",
	})
}
