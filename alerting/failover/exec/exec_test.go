package exec

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
	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/runner"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script writes a program that keeps its arguments, one a line, in the file log
// beside it, and then does body.
func script(t *testing.T, body string) (path, log string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path, log = filepath.Join(dir, "program"), filepath.Join(dir, "log")
	code := "#!/bin/sh\nprintf '%s\\n' \"$@\" >>" + log + "\n" + body + "\n"
	if err := os.WriteFile(path, []byte(code), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, log
}

func lines(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(raw)
}

func newAction(t *testing.T, yaml string) failover.Action {
	t.Helper()
	n, err := config.ParseBytes("actions.yaml", []byte(yaml))
	if err != nil {
		t.Fatal(err)
	}
	k := Kind()
	c, err := failover.Options(k, n, "do.exec")
	if err != nil {
		t.Fatal(err)
	}
	a, err := k.New(c, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func request() failover.Request {
	return failover.Request{ID: "drain-1", Action: "drain", Service: checks.Service{Host: "web1", Check: "http", Item: "a b; $(touch x) `id`"}, Address: "192.0.2.10", State: checks.Critical, Incident: 7}
}

func TestFactsAreWholeArgumentsAndEnvironment(t *testing.T) {
	path, log := script(t, `echo "$MONITORD_ITEM,$MONITORD_STATE,$COLOUR,$MONITORD_INCIDENT"`)
	a := newAction(t, `{command: [`+path+`, drain, "{{host}}", "{{ item }}", "{{address}}", "-x y"], env: {COLOUR: red}}`)
	out, err := a.Do(t.Context(), request())
	if err != nil || string(out.Output) != "a b; $(touch x) `id`,CRITICAL,red,7\n" {
		t.Errorf("got %q, %v", out.Output, err)
	}
	if got, want := lines(t, log), "drain\nweb1\na b; $(touch x) `id`\n192.0.2.10\n-x y\n"; got != want {
		t.Errorf("got %q; want %q", got, want)
	}
}

func TestAValueThatIsAnOptionOrMissingStopsIt(t *testing.T) {
	path, log := script(t, "")
	a := newAction(t, `{command: [`+path+`, "{{item}}", "{{address}}"]}`)
	for item, address := range map[string]string{"--all": "192.0.2.1", "x": "", "": "192.0.2.1"} {
		r := request()
		r.Service.Item, r.Address = item, address
		premises, err := a.Premises(t.Context(), r)
		if err != nil || len(premises) != 2 || !premises[0].Holds || premises[1].Holds || premises[1].Name != "arguments" {
			t.Errorf("%q %q: got %+v, %v", item, address, premises, err)
		}
		if _, err := a.Do(t.Context(), r); err == nil || errors.As(err, &failover.Unknown{}) {
			t.Errorf("%q %q: got %v; want a plain error", item, address, err)
		}
	}
	if got := lines(t, log); got != "" {
		t.Errorf("it was started: %q", got)
	}
}

func TestUndoAndStatus(t *testing.T) {
	path, log := script(t, `case $1 in on) exit 0;; off) exit 0;; is-off) exit $(cat "`+filepath.Join(t.TempDir(), "none")+`" 2>/dev/null || echo 1);; esac`)
	a := newAction(t, `{command: [`+path+`, off], undo: [`+path+`, on], status: [`+path+`, is-off]}`)
	r := request()
	r.Undo = true
	premises, err := a.Premises(t.Context(), r)
	if err != nil || len(premises) != 3 || premises[1].Name != "status-program" {
		t.Errorf("got %+v, %v", premises, err)
	}
	u, ok := a.(failover.Undoer)
	if !ok {
		t.Fatal("it has undo, and is no Undoer")
	}
	if _, err := u.Undo(t.Context(), r); err != nil || lines(t, log) != "on\n" {
		t.Errorf("%v: %q", err, lines(t, log))
	}
	if _, ok := newAction(t, `[`+path+`, off]`).(failover.Undoer); ok {
		t.Error("without undo it is an Undoer")
	}
}

func TestStatusByExitCode(t *testing.T) {
	for code, want := range map[string]failover.Status{"0": failover.StatusDone, "1": failover.StatusUndone, "3": failover.StatusUndone, "2": failover.StatusUnknown, "127": failover.StatusUnknown} {
		path, _ := script(t, "exit "+code)
		got, err := newAction(t, `{command: [`+path+`], status: [`+path+`]}`).Status(t.Context(), request())
		if got != want || (err != nil) != (want == failover.StatusUnknown) {
			t.Errorf("exit %s: got %s, %v; want %s", code, got, err, want)
		}
	}
	path, _ := script(t, "kill $$")
	if got, err := newAction(t, `{command: [`+path+`], status: [`+path+`]}`).Status(t.Context(), request()); got != failover.StatusUnknown || err == nil {
		t.Errorf("killed: got %s, %v", got, err)
	}
	if got, err := newAction(t, `[`+path+`]`).Status(t.Context(), request()); got != failover.StatusUnknown || err != nil {
		t.Errorf("no status command: got %s, %v", got, err)
	}
}

func TestAProgramThatOthersCanChangeIsNotStarted(t *testing.T) {
	path, log := script(t, "")
	if err := os.Chmod(path, 0o777); err != nil {
		t.Fatal(err)
	}
	a := newAction(t, `[`+path+`]`)
	premises, err := a.Premises(t.Context(), request())
	if err != nil || premises[0].Holds {
		t.Errorf("got %+v, %v", premises, err)
	}
	if _, err := a.Do(t.Context(), request()); err == nil || !strings.Contains(err.Error(), "writable by others") || lines(t, log) != "" {
		t.Errorf("got %v, started: %q", err, lines(t, log))
	}
}

func TestConfigFaults(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		`{}`:                           "command: is missing",
		`[drain]`:                      "command[0]: got \"drain\"; want the program's whole path",
		`"/sbin/x -a"`:                 "command: wrong type",
		`["x -a b"]`:                   "no shell takes one text apart",
		`["{{host}}"]`:                 "must not choose the program",
		`[/x, "host={{host}}"]`:        "want a whole argument",
		`[/x, "{{hots}}"]`:             "want a whole argument",
		`{command: [/x], undo: [y]}`:   "undo[0]",
		`{command: [/x], status: [y]}`: "status[0]",
		`{command: [/x], env: {MONITORD_HOST: a}}`:   "is ours to set",
		`{command: [/x], env: {"A=B": a}}`:           "no environment variable",
		`{command: [/x], dir: here}`:                 "dir: got \"here\"",
		`{command: [/x], shell: true}`:               "unknown key",
		`{command: [/x, "{{host}}{{address}}"]}`:     "want a whole argument",
		`{command: [/x, "{{host}}"], env: {A: "b"}}`: "",
	})
}

// FuzzExpand: whatever is in a request, the number of arguments stays, and no
// replaced one can be taken for an option.
func FuzzExpand(f *testing.F) {
	f.Add("web1", "x", "192.0.2.1")
	f.Add("-rf", "{{host}}", "\x00")
	f.Fuzz(func(t *testing.T, host, item, address string) {
		r := failover.Request{Service: checks.Service{Host: host, Check: "c", Item: item}, Address: address}
		argv := []string{"/x", "{{host}}", "fixed", "{{item}}", "{{address}}"}
		out, err := expand(argv, r)
		if err != nil {
			return
		}
		if len(out) != len(argv) || out[0] != "/x" || out[2] != "fixed" || out[1] != host || out[3] != item || out[4] != address {
			t.Errorf("got %q", out)
		}
		for _, word := range out {
			if strings.HasPrefix(word, "-") || word == "" || strings.ContainsRune(word, 0) {
				t.Errorf("got %q", word)
			}
		}
	})
}
