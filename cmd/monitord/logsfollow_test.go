package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("within 20 s: not %s", what)
		}
	}
}

// following is one run of monitord logs follow.
type following struct {
	t         *testing.T
	out, errs lines
	end       context.CancelFunc
	code      chan int
}

// follow starts monitord with args and waits until it follows.
func follow(t *testing.T, args ...string) *following {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	f := &following{t: t, end: cancel, code: make(chan int, 1)}
	go func() { f.code <- run(ctx, append([]string{"logs", "follow"}, args...), nil, &f.out, &f.errs) }()
	until(t, "following", func() bool { return strings.Contains(f.errs.String(), "monitord: follows 1 files\n") })
	return f
}

// stop ends it as a signal does.
func (f *following) stop() {
	f.t.Helper()
	f.end()
	if code := <-f.code; code != exitOK {
		f.t.Errorf("exit code %d: %s", code, &f.errs)
	}
}

// sandbox is a folder that only root and we may write, with a program that prints
// its arguments, a file of rules and an empty log.
type sandbox struct {
	t                *testing.T
	dir, rules, logs string
}

func newSandbox(t *testing.T, rules string) *sandbox {
	t.Helper()
	s := &sandbox{t: t, dir: t.TempDir()}
	s.rules, s.logs = s.path("rc"), s.path("log")
	s.do(os.Chmod(s.dir, 0o755))
	record := "#!/bin/sh\necho \"ran $*\"\n"
	s.do(os.WriteFile(s.path("record"), []byte(record), 0o755))
	s.do(os.WriteFile(s.rules, []byte(strings.ReplaceAll(rules, "RECORD", s.path("record"))), 0o644))
	s.write("before Critical\n")
	return s
}

func (s *sandbox) path(name string) string { return filepath.Join(s.dir, name) }

func (s *sandbox) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// write appends to the log.
func (s *sandbox) write(text string) {
	s.t.Helper()
	f, err := os.OpenFile(s.logs, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	s.do(err)
	_, err = f.WriteString(text)
	s.do(errors.Join(err, f.Close()))
}

func TestTheTextbooksRuleRunsItsProgramOncePerLine(t *testing.T) {
	s := newSandbox(t, "watchfor /Critical/\n\texec RECORD\n")
	f := follow(t, "--use-cpan-file-tail", "--config-file", s.rules, "--tail-file="+s.logs)
	for i := range 20 {
		s.write(fmt.Sprintf("Critical %d\nall is well\n", i))
	}
	want := strings.Repeat("ran \n", 20)
	until(t, "20 lines", func() bool { return len(f.out.String()) >= len(want) })
	f.stop()
	if got := f.out.String(); got != want {
		t.Errorf("the program ran\n%s", got)
	}
	if errs := f.errs.String(); !strings.Contains(errs, "Critical") || !strings.Contains(errs, "\n  20  ") {
		t.Errorf("the end tells of no 20 hits:\n%s", errs)
	}
}

// startSwatchdog runs Debian's on the growing log, and returns what it prints.
func (s *sandbox) startSwatchdog() *lines {
	s.t.Helper()
	path, err := exec.LookPath("swatchdog")
	if err != nil {
		s.t.Skipf("%v (apt-get install -y --no-install-recommends swatch)", err)
	}
	out := &lines{}
	cmd := exec.Command(path, "--config-file="+s.rules, "--tail-file="+s.logs, "--script-dir="+s.t.TempDir())
	cmd.Env = append(os.Environ(), "HOME="+s.t.TempDir(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // its tail is ended with it
	cmd.WaitDelay = time.Second
	cmd.Stdout, cmd.Stderr = out, out
	s.do(cmd.Start())
	s.t.Cleanup(func() {
		s.do(syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL))
		_ = cmd.Wait() // it was killed
	})
	return out
}

// behind is what was printed of lines whose names begin with a word.
func behind(all, word string) string {
	var b strings.Builder
	for line := range strings.Lines(all) {
		if line = strings.ReplaceAll(line, ansiReset, ""); strings.Contains(line, word) {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestFollowDoesWhatSwatchdogDoesAndLosesNothingAtARotation(t *testing.T) {
	s := newSandbox(t, "ignore /secret/\nwatchfor /Critical (\\S+)/\n\techo\n\texec \"RECORD $1\"\n")
	f := follow(t, "-c", s.rules, "-t", s.logs)
	theirs := s.startSwatchdog()
	until(t, "swatchdog following", func() bool {
		s.write("Critical warm-up\n")
		return strings.Contains(theirs.String(), "ran warm-up\n")
	})
	var want strings.Builder
	emit := func(word string, n int) {
		for i := range n {
			s.write(fmt.Sprintf("Critical %s%d\nCritical secret\n", word, i))
			fmt.Fprintf(&want, "Critical %s%d\nran %s%d\n", word, i, word, i)
		}
	}
	emit("same-", 50)
	until(t, "swatchdog's 50 lines", func() bool { return len(behind(theirs.String(), "same-")) >= want.Len() })
	if got := behind(theirs.String(), "same-"); got != want.String() {
		t.Errorf("swatchdog did\n%s", got)
	}
	emit("same-last-", 5)
	s.do(os.Rename(s.logs, s.logs+".1"))
	new := s.logs
	s.logs += ".1" // a writer that does not know yet
	emit("same-late-", 5)
	s.logs = new
	emit("same-new-", 50)
	until(t, "our lines", func() bool { return len(behind(f.out.String(), "same-")) >= want.Len() })
	f.stop()
	if got := behind(f.out.String(), "same-"); got != want.String() {
		t.Errorf("we did\n%s\nwant\n%s", got, want.String())
	}
}

func TestAShellCommandIsRefusedWithTheFormToWrite(t *testing.T) {
	s := newSandbox(t, "watchfor /Critical/\n\texec \"RECORD $0 | logger -t x\"\n")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"logs", "follow", "-c", s.rules, "-t", s.logs}, nil, &out, &errs); code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{s.rules + ":2", "|", "write: exec /usr/local/bin/on-log-line $0"} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("the message lacks %q: %s", want, &errs)
		}
	}
}

func TestRulesThatOthersMayChangeAreRefused(t *testing.T) {
	s := newSandbox(t, "include more\nwatchfor /Critical/\n\techo\n")
	more := s.path("more")
	s.do(os.WriteFile(more, []byte("watchfor /x/\n\techo\n"), 0o644))
	s.do(os.WriteFile(s.rules, []byte("include "+more+"\nwatchfor /Critical/\n\techo\n"), 0o644))
	for _, path := range []string{s.rules, more} {
		s.do(os.Chmod(path, 0o666))
		var out, errs bytes.Buffer
		code := run(t.Context(), []string{"logs", "follow", "-c", s.rules, "-t", s.logs}, nil, &out, &errs)
		if code != exitFailure || !strings.Contains(errs.String(), path) || !strings.Contains(errs.String(), "chmod go-w") {
			t.Errorf("exit code %d: %s", code, &errs)
		}
		s.do(os.Chmod(path, 0o644))
	}
}

func TestQuitEndsAndTheNextRunGoesOnBehindIt(t *testing.T) {
	s := newSandbox(t, "watchfor /enough/\n\techo\n\tquit\nwatchfor /Critical/\n\techo\n\texec RECORD\n")
	var text, want strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "Critical %d\n", i)
		fmt.Fprintf(&want, "Critical %d\nran \n", i)
		if i%100 == 50 {
			text.WriteString("enough\n")
			want.WriteString("enough\n")
		}
	}
	s.do(os.WriteFile(s.logs, []byte(text.String()), 0o644))
	var all strings.Builder
	args := []string{"--rules", s.rules, "--from", "beginning", "--state", s.path("state"), s.logs}
	for range 3 {
		var out, errs lines
		if code := run(t.Context(), append([]string{"logs", "follow"}, args...), nil, &out, &errs); code != exitOK {
			t.Fatalf("exit code %d: %s", code, &errs)
		}
		all.WriteString(out.String())
	}
	f := follow(t, args...)
	until(t, "the last line", func() bool { return strings.Contains(f.out.String(), "Critical 299\n"+ansiReset+"ran \n") })
	f.stop()
	all.WriteString(f.out.String())
	if got := strings.ReplaceAll(all.String(), ansiReset, ""); got != want.String() {
		t.Errorf("got %d bytes, want %d:\n%.300s", len(got), want.Len(), diff(got, want.String()))
	}
}

func TestDryRunOnlyPrints(t *testing.T) {
	s := newSandbox(t, "rules:\n- match: Critical\n  exec: [RECORD, $0]\n")
	s.do(os.Rename(s.rules, s.rules+".yaml"))
	s.do(os.Chmod(s.rules+".yaml", 0o666))
	f := follow(t, "--rules", s.rules+".yaml", "--dry-run", s.logs)
	s.write("Critical; `id`\n")
	want := fmt.Sprintf("1: [Critical] Critical; `id`\n    would exec [%q \"Critical; `id`\"]\n", s.path("record"))
	until(t, "what would be done", func() bool { return len(f.out.String()) >= len(want) })
	f.stop()
	if got := f.out.String(); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestALineThatDoesNotComeIsToldWhileFollowing(t *testing.T) {
	s := newSandbox(t, "rules:\n- match: backup began\n  without: backup ended\n  within: 1s\n  exec: [RECORD, $0]\n")
	s.do(os.Rename(s.rules, s.rules+".yaml"))
	f := follow(t, "--rules", s.rules+".yaml", s.logs)
	s.write("backup began\nother\n")
	until(t, "told", func() bool { return strings.HasPrefix(f.out.String(), "ran backup began\n") })
	f.stop()
}

func TestOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	s := newSandbox(t, "watchfor /Critical/\n\techo\n")
	var errs lines
	code := run(t.Context(), []string{"logs", "follow", "--from", "beginning", "-c", s.rules, "-t", s.logs}, nil, brokenWriter{}, &errs)
	if code != exitFailure || !strings.Contains(errs.String(), io.ErrClosedPipe.Error()) {
		t.Errorf("exit code %d: %s", code, &errs)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
