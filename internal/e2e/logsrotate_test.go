//go:build e2e

package e2e

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// rsyslogToFile runs Debian's rsyslogd, which writes what comes to its socket to
// a file, and returns the socket. It opens the file again at SIGHUP.
func rsyslogToFile(t *testing.T, dir, log string) (daemon *process, socket, pidFile string) {
	t.Helper()
	socket, pidFile = filepath.Join(dir, "log.sock"), filepath.Join(dir, "rsyslogd.pid")
	conf := put(t, filepath.Join(dir, "rsyslog.conf"), fmt.Sprintf(`global(workDirectory="%s")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%s" CreatePath="on" RateLimit.Interval="0")
*.* action(type="omfile" file="%s")
`, dir, socket, log))
	daemon = start(t, dir, "rsyslogd", need(t, "rsyslogd", "rsyslog"), "-n", "-f", conf, "-i", pidFile)
	eventually(t, 10*time.Second, "rsyslogd listens", func() string {
		_, err := os.Stat(socket)
		return errText(err)
	})
	return daemon, socket, pidFile
}

// logTo sends lines by Debian's logger, each of them a message.
func logTo(t *testing.T, socket, lines string) {
	t.Helper()
	command(t, lines, need(t, "logger", "bsdutils"), "--socket", socket, "--tag", "app", "--socket-errors=on")
}

// logrotateModes are what is written in a section of logrotate's; HUP stands for
// telling rsyslogd to open its file again, and waiting until it has.
var logrotateModes = []struct {
	name, directives string
	destroys         bool // lines between its copy and its truncation are gone
}{
	{"create", "create 0644\nHUP", false},
	{"copytruncate", "copytruncate", true},
	{"compress", "create 0644\ncompress\nHUP", false},
	{"delaycompress", "create 0644\ncompress\ndelaycompress\nHUP", false},
	{"dateext", "create 0644\ndateext\ndateformat -%Y%m%d-%s\nHUP", false},
	{"nocreate, postrotate", "nocreate\nHUP", false},
	{"olddir", "create 0644\nolddir OLD\nHUP", false},
	{"copytruncate, compress, dateext", "copytruncate\ncompress\ndateext\ndateformat -%Y%m%d-%s", true},
}

// logsLogrotate: logger sends, rsyslogd writes, logrotate rotates in each of its
// modes, and monitord prints every line; in between it is ended and started again.
func logsLogrotate(t *testing.T) {
	for _, mode := range logrotateModes {
		logrotateMode(t, mode.name, mode.directives, mode.destroys)
	}
}

func logrotateMode(t *testing.T, name, directives string, destroys bool) {
	const chunks, size, rotations = 60, 400, 6
	dir := logFolder(t)
	logs, old := filepath.Join(dir, "log"), filepath.Join(dir, "log", "old")
	if err := os.MkdirAll(old, 0o755); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(logs, "app.log")
	daemon, socket, pidFile := rsyslogToFile(t, dir, log)
	defer daemon.stop()
	hup := fmt.Sprintf("postrotate\nkill -HUP $(cat %s)\nfor i in $(seq 200); do [ -s %s ] && break; sleep 0.05; done\nendscript", pidFile, log)
	conf := put(t, filepath.Join(dir, "logrotate.conf"), fmt.Sprintf("%s {\nsu root root\nrotate 99\nmissingok\n%s\n}\n", log,
		strings.NewReplacer("HUP", hup, "OLD", old).Replace(directives)))
	rules := put(t, filepath.Join(dir, "rc"), "watchfor /number -?\\d+ of/\n\techo\n")
	args := []string{"--from", "beginning", "--state", filepath.Join(dir, "state"), "--rules", rules, log}
	follower := followLogs(t, dir, args...)

	sent, told := 0, map[int]int{}
	rotate := need(t, "logrotate", "logrotate")
	rotated := make(chan error, 1)
	rotated <- nil
	for c := range chunks {
		var text strings.Builder
		for range size {
			fmt.Fprintf(&text, "number %d of a log that is written by rsyslogd and rotated by logrotate\n", sent)
			sent++
		}
		logTo(t, socket, text.String())
		if c%(chunks/rotations) == 5 {
			if err := <-rotated; err != nil {
				t.Fatal(err)
			}
			go func() { // joined by the next receive
				out, err := tryCommand("", rotate, "--force", "--state", filepath.Join(dir, "rotated"), conf)
				if err != nil {
					err = fmt.Errorf("logrotate: %w: %s", err, out)
				}
				rotated <- err
			}()
		}
		if c == chunks/2 {
			follower.stop()
			count(t, strings.NewReader(follower.output()), told)
			follower = followLogs(t, dir, args...)
		}
		time.Sleep(120 * time.Millisecond) // a name of dateext has a second, no less
	}
	if err := <-rotated; err != nil {
		t.Fatal(err)
	}
	logTo(t, socket, "number -1 of all is the last one\n") // it says that all before it were written
	eventually(t, 20*time.Second, "the last line is told", func() string {
		if !strings.Contains(follower.output(), "number -1 of") {
			return "it is not"
		}
		return ""
	})
	follower.stop()
	count(t, strings.NewReader(follower.output()), told)

	standing := map[int]int{}
	files := 0
	for _, pattern := range []string{logs + "/app.log*", old + "/app.log*"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			files++
			countFile(t, name, standing)
		}
	}
	lost, doubled, gone := 0, 0, 0
	for i := range sent {
		switch {
		case told[i] > 1:
			doubled++
		case told[i] == 1:
		case standing[i] > 0:
			lost++
		default:
			gone++
		}
	}
	say(t, "%-32s %d lines in %d files: lost %d, doubled %d, destroyed by the rotation %d", name, sent, files, lost, doubled, gone)
	if lost > 0 || doubled > 0 || gone > 0 && !destroys {
		t.Errorf("%s: lines are missing or doubled", name)
	}
	if files < rotations {
		t.Errorf("%s: only %d files: too little was rotated to show anything", name, files)
	}
}

var numberedLine = regexp.MustCompile(`number (\d+) of a log`)

// count counts how often each number stands in a text.
func count(t *testing.T, r io.Reader, times map[int]int) {
	t.Helper()
	in := bufio.NewScanner(r)
	for in.Scan() {
		if m := numberedLine.FindSubmatch(in.Bytes()); m != nil {
			n, err := strconv.Atoi(string(m[1]))
			if err != nil {
				t.Fatal(err)
			}
			times[n]++
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
}

// countFile counts those of a file, compressed or not.
func countFile(t *testing.T, path string, times map[int]int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	count(t, r, times)
}
