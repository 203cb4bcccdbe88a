package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"monitord/internal/logkeep"
)

// keptLogs is a data directory with the logs of two hosts, of which one is dead.
func keptLogs(t *testing.T) string {
	t.Helper()
	d := dataFlag{Data: t.TempDir()}
	cfg := logkeep.DefaultConfig()
	cfg.MinFree = 0
	k, err := logkeep.Open(d.keptLogsDir(), cfg, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		at := time.Now().Add(time.Duration(i-180) * time.Minute)
		k.Append("db1", []logkeep.Line{{At: at, File: "/var/log/syslog", Text: fmt.Sprintf("line %d\x1b[2J\u202e", i)}})
	}
	k.Append("web1", []logkeep.Line{{At: time.Now(), File: "/var/log/app.log", Text: "I/O Error"}})
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
	return d.Data
}

// grepped runs the verb.
func grepped(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"logs", "grep"}, args...), nil, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestKeptLinesAreFoundWithoutAServer(t *testing.T) {
	t.Parallel()
	data := keptLogs(t)
	for _, c := range []struct {
		args string
		want int
		code int
	}{
		{"", 21, 0},
		{"--host db1", 20, 0},
		{"-H db1 -C 2 ^line.7\\b", 5, 0},
		{"error", 0, 1},
		{"-i error", 1, 0},
		{"--since 1h", 1, 0},
		{"--until 1h --limit 3 line", 3, 0},
		{"--file app*", 1, 0},
		{"--host gone", 0, 1},
	} {
		code, out, errs := grepped(t, append([]string{"--data", data}, strings.Fields(c.args)...)...)
		if n := strings.Count(out, "\n"); code != c.code || n != c.want || errs != "" {
			t.Errorf("%s: exit code %d, %d lines, %q; want %d, %d\n%s", c.args, code, n, errs, c.code, c.want, out)
		}
		if strings.ContainsAny(out, "\x1b\u202e") {
			t.Errorf("%s: a line steers the terminal: %q", c.args, out)
		}
	}
	code, out, _ := grepped(t, "--data", data, "--json", "-C", "1", "line 9")
	var context int
	for line := range strings.Lines(out) {
		var got struct {
			Time       time.Time
			Host, Text string
			Context    bool
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil || got.Host != "db1" || got.Time.IsZero() {
			t.Errorf("%s: %v", line, err)
		}
		if got.Context {
			context++
		} else if got.Text != "line 9\x1b[2J\u202e" {
			t.Errorf("text %q", got.Text)
		}
	}
	if code != 0 || context != 2 {
		t.Errorf("exit code %d, %d lines of context:\n%s", code, context, out)
	}
}

func TestWhatGrepCannotDoIsSaid(t *testing.T) {
	t.Parallel()
	data := keptLogs(t)
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"--data " + data + " (":                     {1, "RE2"},
		"--data " + data + " --since never x":       {1, "--since"},
		"--data " + data + " -C 101 x":              {2, "-C 0 to 100"},
		"--data " + data + " --limit -1 x":          {2, "--limit"},
		"--data " + t.TempDir() + "/nothing -C 1 x": {1, "no logs are kept in"},
	} {
		code, out, errs := grepped(t, strings.Fields(args)...)
		if code != want.code || out != "" || !strings.Contains(errs, want.says) {
			t.Errorf("%s: exit code %d, %q, %q; want %d, %q", args, code, out, errs, want.code, want.says)
		}
	}
}

func TestProgressNeverStandsBesideALine(t *testing.T) {
	t.Parallel()
	var screen bytes.Buffer
	p := &grepProgress{out: &screen, err: &screen}
	p.show(logkeep.Report{Segments: 3, Of: 320, Bytes: 3 << 20, Lines: 2})
	p.show(logkeep.Report{Segments: 4, Of: 320}) // too soon
	if _, err := p.Write([]byte("a line\n")); err != nil {
		t.Fatal(err)
	}
	p.clear()
	if got, want := screen.String(), "\r\x1b[Ksearching: 3 of 320 pieces, 3 MiB read, 2 lines found\r\x1b[Ka line\n"; got != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}
