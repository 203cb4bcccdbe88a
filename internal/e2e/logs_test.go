//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// logsAtWork: rules for lines of logs, with the programs that write and rotate
// logs on every Debian machine.
func logsAtWork(t *testing.T) {
	for _, part := range []struct {
		name string
		tell func(*testing.T)
	}{
		{"textbook", logsTextbook},
		{"logrotate", logsLogrotate},
		{"rsyslog", logsRsyslog},
		{"many-files", logsManyFiles},
		{"full-disk", logsFullDisk},
	} {
		t.Run(part.name, part.tell)
	}
}

// logFolder is a folder that only root and we may write: rules in it are trusted.
func logFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// put writes a file; one that begins with #! is a program.
func put(t *testing.T, path, text string) string {
	t.Helper()
	mode := os.FileMode(0o644)
	if strings.HasPrefix(text, "#!") {
		mode = 0o755
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// add appends to a file.
func add(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// need is the path of a program of Debian.
func need(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		path = filepath.Join("/usr/sbin", name)
		if _, err := os.Stat(path); err != nil {
			cannot(t, name+" is not installed (apt-get install -y --no-install-recommends "+pkg+")")
		}
	}
	return path
}

// followLogs starts monitord logs follow and waits until it follows.
func followLogs(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	p := start(t, dir, "follow", append([]string{bin(t, "monitord"), "logs", "follow"}, args...)...)
	eventually(t, 20*time.Second, "the logs are followed", func() string {
		if !strings.Contains(p.output(), "monitord: follows ") {
			return "it says " + strconv.Quote(p.tail(5))
		}
		return ""
	})
	return p
}

// logsTextbook: the two lines of every swatch tutorial, started as they say.
func logsTextbook(t *testing.T) {
	dir := logFolder(t)
	ran := filepath.Join(dir, "ran")
	program := put(t, filepath.Join(dir, "page"), "#!/bin/sh\necho page >>"+ran+"\n")
	rules := put(t, filepath.Join(dir, "rc"), "watchfor /Critical/\n\texec "+program+"\n")
	log := put(t, filepath.Join(dir, "messages"), "Critical, before it was started\n")
	p := followLogs(t, dir, "--use-cpan-file-tail", "--config-file", rules, "--tail-file="+log)
	const lines = 100
	for i := range lines {
		add(t, log, fmt.Sprintf("Nov 25 10:00:00 db1 app: Critical: disk %d fails\nNov 25 10:00:00 db1 app: all is well\n", i))
	}
	eventually(t, 20*time.Second, "the program ran for each line", func() string {
		raw, _ := os.ReadFile(ran)
		if n := strings.Count(string(raw), "page\n"); n < lines {
			return fmt.Sprintf("it ran %d times of %d", n, lines)
		}
		return ""
	})
	p.stop()
	raw, err := os.ReadFile(ran)
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(string(raw), "page\n")
	if n != lines {
		t.Errorf("the program ran %d times for %d lines", n, lines)
	}
	say(t, "%d lines of %d match; the program ran %d times", lines, 2*lines, n)
}

// logsManyFiles: a folder of 100,000 logs, of which any may get a line.
func logsManyFiles(t *testing.T) {
	const files, news = 100_000, 1000
	dir := logFolder(t)
	many := filepath.Join(dir, "many")
	if err := os.Mkdir(many, 0o755); err != nil {
		t.Fatal(err)
	}
	name := func(i int) string { return filepath.Join(many, fmt.Sprintf("%06d.log", i)) }
	for i := range files {
		put(t, name(i), "an old line\n")
	}
	rules := put(t, filepath.Join(dir, "rc"), "watchfor /news/\n\techo\n")
	began := time.Now()
	p := followLogs(t, dir, "--from", "beginning", "--rules", rules, filepath.Join(many, "*.log"))
	heard := func(word string, n int) {
		t.Helper()
		eventually(t, 5*time.Minute, "every file is heard", func() string {
			if got := strings.Count(p.output(), word); got < n {
				return fmt.Sprintf("%d lines of %d", got, n)
			}
			return ""
		})
	}
	for i := range news {
		add(t, name(i*files/news), fmt.Sprintf("first news %d\n", i))
	}
	heard("first news ", news)
	say(t, "%d files: %d new lines heard %.1f s after the start", files, news, time.Since(began).Seconds())
	again := time.Now()
	for i := range news {
		add(t, name(i*files/news+7), fmt.Sprintf("second news %d\n", i))
	}
	heard("second news ", news)
	proc := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	descriptors, err := os.ReadDir(proc + "fd")
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile(proc + "status")
	if err != nil {
		t.Fatal(err)
	}
	_, rss, _ := strings.Cut(string(status), "VmRSS:")
	say(t, "%d more heard after %.1f s; %d descriptors, %s resident", news, time.Since(again).Seconds(), len(descriptors), strings.TrimSpace(strings.SplitN(rss, "\n", 2)[0]))
	if len(descriptors) > 600 { // max_open is 512
		t.Errorf("%d descriptors are open", len(descriptors))
	}
	p.stop()
	if n := strings.Count(p.output(), " news "); n != 2*news {
		t.Errorf("%d lines were told; want %d", n, 2*news)
	}
}
