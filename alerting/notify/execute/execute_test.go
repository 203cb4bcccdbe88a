package execute

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script writes a program; the folder is its own.
func script(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t testing.TB, c Command, n notify.Notification) (string, error) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(Config{"x": c}, notifytest.Deps()).Send(t.Context(), n)
}

func TestACommandLearnsEverythingAndItsArgumentsStay(t *testing.T) {
	dir := t.TempDir()
	c := Command{Command: []string{script(t, `env >`+dir+`/env; cat >`+dir+`/in; echo "$@" >`+dir+`/args; pwd >`+dir+`/pwd; echo "told $MONITORD_CONTACT"; echo more`), "--to", "a b; rm $HOME"},
		Env: map[string]string{"PORT": "1", "HOME": "/tmp"}}
	answer, err := run(t, c, notifytest.Problem("exec", "x"))
	if err != nil || answer != "exit 0: told noc" {
		t.Fatalf("%q %v", answer, err)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, want := range []string{"MONITORD_ID=i1.problem1.abc.xyz\n", "MONITORD_SHORT=db1 sql CRIT 12m\n", "MONITORD_STATE=CRITICAL\n", "MONITORD_LASTED=754\n",
		"MONITORD_CLOSED=\n", "MONITORD_OPENED=2026-11-22T03:00:00Z\n", "MONITORD_ACK_LINK=https://monitor.example.net/ack/noc?t=a&b=1\n",
		"MONITORD_EVIDENCE=line 1\nline 2\n", "PORT=1\n", "HOME=/tmp\n", "LC_ALL=C.UTF-8\n"} {
		if !strings.Contains(read("env"), want) {
			t.Errorf("the environment has no %q:\n%s", want, read("env"))
		}
	}
	var f notify.Fields
	if err := json.Unmarshal([]byte(read("in")), &f); err != nil || f.Summary != "connection refused" {
		t.Errorf("%s %v", read("in"), err)
	}
	if read("args") != "--to a b; rm $HOME\n" || read("pwd") != "/\n" {
		t.Errorf("%q %q", read("args"), read("pwd"))
	}
}

func TestTheExitCodeDecides(t *testing.T) {
	for code, want := range map[string]string{
		"0": "taken", "75": "temporary", "1": "temporary", "2": "temporary", "69": "temporary", "74": "temporary", "126": "temporary", "255": "temporary",
		"64": "permanent", "65": "permanent", "67": "permanent", "68": "permanent", "77": "permanent", "78": "permanent",
	} {
		_, err := run(t, Command{Command: []string{script(t, "echo out; echo why >&2; exit "+code)}}, notifytest.Problem("exec", "x"))
		if got := notifytest.Outcome(err); got != want || err != nil && err.Error() != "script ended with exit code "+code+": why" {
			t.Errorf("%s: %s, want %s (%v)", code, got, want, err)
		}
	}
}

func TestACommandThatWasEndedLeavesDoubt(t *testing.T) {
	pids := filepath.Join(t.TempDir(), "pid")
	for name, text := range map[string]string{
		"a signal": "kill -9 $$", "its time-out": `trap "" TERM; sleep 60 & echo $! >` + pids + `; wait; wait`,
	} {
		start := time.Now()
		_, err := run(t, Command{Command: []string{script(t, text)}, Timeout: time.Second}, notifytest.Problem("exec", "x"))
		if got := notifytest.Outcome(err); got != "in doubt" || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %s after %s (%v)", name, got, time.Since(start), err)
		}
	}
	pid, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(3 * time.Second); ; time.Sleep(5 * time.Millisecond) { // another process: nothing else tells
		stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(pid)) + "/stat")
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("what it started is still there: %s", stat)
		}
	}
}

func TestAFloodIsBoundedAndInputMayBeIgnored(t *testing.T) {
	answer, err := run(t, Command{Command: []string{script(t, "exec <&-; yes 'line' | head -c 3000000")}}, notifytest.Problem("exec", "x"))
	if err != nil || answer != "exit 0: line" {
		t.Errorf("%.100q %v", answer, err)
	}
}

func TestWhatOthersCanChangeIsNotStarted(t *testing.T) {
	ran := filepath.Join(t.TempDir(), "ran")
	path := script(t, "touch "+ran)
	for name, change := range map[string]func() func(){
		"program": func() func() { os.Chmod(path, 0o777); return func() { os.Chmod(path, 0o755) } },
		"folder":  func() func() { d := filepath.Dir(path); os.Chmod(d, 0o777); return func() { os.Chmod(d, 0o755) } },
		"missing": func() func() { os.Rename(path, path+"x"); return func() { os.Rename(path+"x", path) } },
		"no x":    func() func() { os.Chmod(path, 0o644); return func() { os.Chmod(path, 0o755) } },
	} {
		back := change()
		var log bytes.Buffer
		deps := notifytest.Deps()
		deps.Logger = slog.New(slog.NewTextHandler(&log, nil))
		_, err := New(Config{"x": {Command: []string{path}}}, deps).Send(t.Context(), notifytest.Problem("exec", "x"))
		if notifytest.Outcome(err) != "temporary" || !strings.Contains(err.Error(), "not started: ") || !strings.Contains(log.String(), "cannot be run as it is") {
			t.Errorf("%s: %v %s", name, err, &log)
		}
		back()
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("it was started")
	}
	if _, err := run(t, Command{Command: []string{path}}, notifytest.Problem("exec", "x")); err != nil {
		t.Errorf("mended: %v", err)
	}
}

func TestOnlyWhatIsListedRuns(t *testing.T) {
	if _, err := run(t, Command{Command: []string{"/bin/true"}}, notifytest.Problem("exec", "/bin/true")); notifytest.Outcome(err) != "temporary" || !strings.Contains(err.Error(), "not allowed") {
		t.Errorf("%v", err)
	}
	if err := Kind().Serves(&Config{"x": {}}, "y"); err == nil {
		t.Error("a command that is not listed passed the check")
	}
	if c, err := Kind().New(&Config{}, notifytest.Deps()); c != nil || err != nil {
		t.Errorf("%v %v", c, err)
	}
}

func TestFaultsOfTheSectionAreNamed(t *testing.T) {
	for want, c := range map[string]Command{
		"command: is missing":          {},
		"command: got \"horn\"":        {Command: []string{"horn"}},
		"command: got \"/bin/../x\"":   {Command: []string{"/bin/../x"}},
		"command: holds a zero":        {Command: []string{"/bin/x", "\x00"}},
		"dir: got \"x\"":               {Command: []string{"/bin/x"}, Dir: "x"},
		"env.\"A B\": is no name":      {Command: []string{"/bin/x"}, Env: map[string]string{"A B": ""}},
		"env.MONITORD_ID: begins with": {Command: []string{"/bin/x"}, Env: map[string]string{"MONITORD_ID": ""}},
		"env.A: holds a zero":          {Command: []string{"/bin/x"}, Env: map[string]string{"A": "\x00"}},
		"timeout: got 1ms; want 1s":    {Command: []string{"/bin/x"}, Timeout: time.Millisecond},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestTheSampleIsValid(t *testing.T) {
	var c struct {
		Exec Config `yaml:"exec"`
	}
	for _, sample := range []string{Sample, notifytest.Uncommented(Sample)} {
		if err := config.DecodeBytes("sample.yaml", []byte(sample), &c); err != nil {
			t.Errorf("%v\n%s", err, sample)
		}
	}
	if c.Exec["horn"].Timeout != DefaultTimeout {
		t.Errorf("%+v", c)
	}
}

func FuzzNoTextBecomesAVariableOfItsOwn(f *testing.F) {
	f.Add("x\nLD_PRELOAD=/tmp/evil.so")
	f.Add("\x00LD_PRELOAD=/tmp/evil.so\x00")
	f.Add("\xff$(reboot)`reboot`;reboot")
	f.Fuzz(func(t *testing.T, s string) {
		fields := notify.FieldsOf(notifytest.Deps(), notifytest.Hostile(notifytest.Problem("exec", "x"), s))
		for _, v := range environment(fields) {
			name, value, _ := strings.Cut(v, "=")
			if strings.ContainsRune(v, 0) || !variable.MatchString(name) || name != "MONITORD_EVIDENCE" && strings.ContainsAny(value, "\r\n") || len(v) > 64<<10 {
				t.Errorf("%q", v)
			}
		}
	})
}
