package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine writes a /proc of three programs.
func machine(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	add := func(pid int, comm, state string, ticks, pages int, argv ...string) {
		dir := filepath.Join(root, strconv.Itoa(pid))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		stat := fmt.Sprintf("%d (%s) %s 1 1 1 0 -1 4194560 1 1 0 0 %d 0 0 0 20 0 1 0 %d 1000 %d 18446744073709551615 0 0", pid, comm, state, ticks, 100+pid, pages)
		for name, data := range map[string]string{"stat": stat, "cmdline": strings.Join(argv, "\x00") + "\x00"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(1, "systemd", "S", 10, 100, "/sbin/init")
	add(20, "httpd", "S", 200, 1000, "/usr/sbin/httpd", "-k", "start")
	add(21, "httpd", "R", 300, 1000, "/usr/sbin/httpd", "-k", "start")
	add(22, "httpd", "Z", 0, 0)
	add(30, "a) b (c", "D", 1, 1, "odd name")
	add(40, "very-long-progr", "S", 0, 1, "/usr/bin/python3", "/opt/very-long-program-name", "x")
	add(41, "very-long-progr", "S", 0, 1, "/usr/bin/python3", "/opt/very-long-program-other")
	if err := os.Mkdir(filepath.Join(root, "sys"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, "99"), 0o755); err != nil { // ended while we looked
		t.Fatal(err)
	}
	return root
}

func limit(t *testing.T, s string) *checks.Threshold {
	t.Helper()
	th, err := checks.ParseThreshold(s)
	if err != nil {
		t.Fatal(err)
	}
	return &th
}

func ask(t *testing.T, cfg Config, root string) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, checks.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	if root != "" {
		c.root = root
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	if s := text.Default().Render(text.English, nil, results[0].Summary); strings.Contains(s, "{") || s == results[0].Summary.ID {
		t.Errorf("summary %q", s)
	}
	return results[0]
}

func TestProcessesAreFoundAndJudged(t *testing.T) {
	root := machine(t)
	me := strconv.Itoa(os.Getuid())
	for name, tt := range map[string]struct {
		change func(*Config)
		count  int
		state  checks.State
		id     string
	}{
		"by name":         {func(c *Config) { c.Name = "httpd" }, 3, checks.OK, "process.ok"},
		"by long name":    {func(c *Config) { c.Name = "very-long-program-name" }, 1, checks.OK, "process.ok"},
		"odd name":        {func(c *Config) { c.Name = "a) b (c" }, 1, checks.OK, "process.ok"},
		"by command":      {func(c *Config) { c.Cmdline = `httpd -k start$` }, 2, checks.OK, "process.ok"},
		"by state":        {func(c *Config) { c.States = "ZD" }, 2, checks.OK, "process.ok"},
		"by owner":        {func(c *Config) { c.User = me }, 7, checks.OK, "process.ok"},
		"other owner":     {func(c *Config) { c.User = "4294967290" }, 0, checks.Critical, "process.few"},
		"none":            {func(c *Config) { c.Name = "nosuch" }, 0, checks.Critical, "process.few"},
		"none allowed":    {func(c *Config) { c.States, c.Minimum, c.Maximum = "Z", 0, -1 }, 1, checks.Critical, "process.many"},
		"none, as wanted": {func(c *Config) { c.Name, c.Minimum, c.Maximum = "nosuch", 0, -1 }, 0, checks.OK, "process.ok"},
		"too many":        {func(c *Config) { c.Name, c.Maximum = "httpd", 2 }, 3, checks.Critical, "process.many"},
		"count limit":     {func(c *Config) { c.Name, c.Warning = "httpd", limit(t, "2") }, 3, checks.Warning, "process.count"},
		"memory":          {func(c *Config) { c.Name, c.MemCrit = "httpd", limit(t, "1MiB") }, 3, checks.Critical, "process.memory"},
	} {
		cfg := DefaultConfig()
		tt.change(&cfg)
		r := ask(t, cfg, root)
		if int(r.Perf[0].Value) != tt.count || r.State != tt.state || r.Summary.ID != tt.id {
			t.Errorf("%s: got %v, %s, %s; want %d, %s, %s", name, r.Perf[0].Value, r.State, r.Summary.ID, tt.count, tt.state, tt.id)
		}
	}
	cfg := DefaultConfig()
	cfg.Name = "httpd"
	r := ask(t, cfg, root)
	if r.Perf[1].Value != float64(2000*os.Getpagesize()) || r.Perf[2].Value != 5 {
		t.Errorf("sums %+v", r.Perf)
	}
}

func TestProcessorTimeIsThatOfTheWindow(t *testing.T) {
	before := map[identity]uint64{{1, 1}: 100, {2, 1}: 50, {3, 1}: 7}
	after := map[identity]uint64{{1, 1}: 160, {2, 9}: 1000, {3, 1}: 7, {4, 1}: 5}
	if got := used(before, after); got != 600*time.Millisecond {
		t.Errorf("got %s; want 600ms: pid 2 is another process now", got)
	}
	cfg := DefaultConfig()
	cfg.CPUWindow, cfg.CPUWarn, cfg.Minimum = 20*time.Millisecond, limit(t, "@0:"), 0
	if r := ask(t, cfg, machine(t)); r.Summary.ID != "process.cpu" || r.State != checks.Warning || len(r.Perf) != 4 {
		t.Errorf("got %+v", r)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Cmdline: "(", States: "Q", Minimum: -1, Maximum: -2, CPUWindow: time.Hour}).Validate()
	for _, want := range []string{"cmdline: ", "states: ", "minimum: ", "maximum: ", "cpu_window: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err := (&Config{CPUWarn: &checks.Threshold{}}).Validate(); err == nil {
		t.Error("a limit without a window is taken")
	}
	if _, err := (&Check{root: "/nosuch"}).Run(t.Context(), checks.Target{}); err == nil {
		t.Error("no /proc is no error")
	}
	c, _ := New(Config{User: "nosuch-user"}, checks.Deps{})
	if _, err := c.Run(t.Context(), checks.Target{}); err == nil {
		t.Error("an unknown owner is no error")
	}
}

// The count is that of monitoring-plugins' check_procs, which leaves itself out.
func TestCountsAreThoseOfCheckProcs(t *testing.T) {
	cmd, marker := "/bin/sleep", "86399.25"
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	for range 3 {
		go func() {
			defer func() { done <- struct{}{} }()
			runner.Run(ctx, runner.Command{Path: cmd, Args: []string{marker}, Timeout: time.Minute})
		}()
	}
	defer func() {
		cancel()
		for range 3 {
			<-done
		}
	}()
	cfg := DefaultConfig()
	cfg.Cmdline, cfg.Minimum = "sleep "+marker, 0
	for range 200 {
		if ask(t, cfg, "").Perf[0].Value == 3 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	for _, tt := range []struct {
		args   []string
		config Config
	}{
		{[]string{"-c", "3:3", "-a", marker}, Config{Cmdline: "sleep " + marker, Minimum: 3, Maximum: 3}},
		{[]string{"-c", "1:2", "-a", marker}, Config{Cmdline: "sleep " + marker, Minimum: 1, Maximum: 2}},
		{[]string{"-c", "1:", "-C", "nosuchprogram"}, Config{Name: "nosuchprogram", Minimum: 1}},
		{[]string{"-c", "3:", "-C", "sleep", "-u", "root"}, Config{Name: "sleep", User: "root", Minimum: 3}},
	} {
		theirs, err := runner.Run(t.Context(), runner.Command{Path: "/usr/lib/nagios/plugins/check_procs", Args: tt.args, Env: []string{"PATH=/usr/bin:/bin"}})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins", err)
		}
		if ours := ask(t, tt.config, ""); ours.State.ExitCode() != theirs.ExitCode {
			t.Errorf("%v: ours %s (%v), theirs %d %s", tt.args, ours.State, ours.Perf[0].Value, theirs.ExitCode, theirs.Stdout)
		}
	}
}

func FuzzParseStat(f *testing.F) {
	f.Add([]byte("1 (a) S 0 1 1 0 -1 4194560 1 1 0 0 5 6 0 0 20 0 1 0 7 1000 8 18446744073709551615"))
	f.Add([]byte("1 (a) (b) R"))
	f.Add([]byte(")1("))
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseStat(b); err == nil && !strings.Contains(string(b), "("+p.comm+")") {
			t.Errorf("%q: name %q", b, p.comm)
		}
	})
}
