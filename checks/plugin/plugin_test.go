package plugin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/config"
	"monitord/internal/perfdata"
	"monitord/internal/plugins"
	"monitord/internal/runner"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func deps(pool *plugins.Pool) checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{}, Plugins: pool}
}

// scripts is a folder of plugins written for one test.
type scripts struct {
	dir  string
	pool *plugins.Pool
}

func newScripts(t testing.TB, more ...string) scripts {
	t.Helper()
	dir := t.TempDir()
	cfg := plugins.Config{Dirs: append(more, dir), Concurrency: 4, Users: map[string]string{"USER1": dir}}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return scripts{dir, plugins.NewPool(cfg)}
}

// add writes a shell script and returns its path.
func (s scripts) add(t testing.TB, name, body string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func ask(t testing.TB, pool *plugins.Pool, cfg Config, timeout time.Duration) checks.Result {
	t.Helper()
	if cfg.MaxOutput == 0 {
		cfg.MaxOutput = DefaultConfig().MaxOutput
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, deps(pool))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{Host: "web1", Address: "127.0.0.1", Vars: map[string]string{"rack": "b 4"}})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	return results[0]
}

func words(r checks.Result) string { return text.Default().Render(text.English, nil, r.Summary) }

func TestEachEndGetsItsVerdict(t *testing.T) {
	s := newScripts(t)
	notExecutable := s.add(t, "plain", "exit 0")
	if err := os.Chmod(notExecutable, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		body   string
		state  checks.State
		reason checks.Reason
		says   string
	}{
		"ok":         {"echo fine", checks.OK, "", "fine"},
		"warning":    {"echo hm; exit 1", checks.Warning, checks.ReasonStatus, "hm"},
		"critical":   {"echo bad; exit 2", checks.Critical, checks.ReasonStatus, "bad"},
		"unknown":    {"echo what; exit 3", checks.Unknown, checks.ReasonStatus, "what"},
		"four":       {"echo x; exit 4", checks.Critical, checks.ReasonProtocol, "exit code 4"},
		"255":        {"exit 255", checks.Critical, checks.ReasonProtocol, "exit code 255"},
		"126":        {"exit 126", checks.Critical, checks.ReasonPermission, "not executable"},
		"127":        {"nosuchprogram", checks.Critical, checks.ReasonInternal, "is missing"},
		"signal":     {"kill -SEGV $$", checks.Unknown, checks.ReasonProtocol, "signal: segmentation fault"},
		"silent":     {"exit 0", checks.OK, "", "said nothing"},
		"stderr":     {"echo oops >&2; exit 2", checks.Critical, checks.ReasonStatus, "oops"},
		"no text":    {"echo '|a=1'; echo later; exit 1", checks.Warning, checks.ReasonStatus, "later"},
		"terminal":   {`printf 'a\033[31mb\tc\000d'`, checks.OK, "", "a[31mb cd"},
		"long":       {"head -c 100000 /dev/zero | tr '\\0' x", checks.OK, "", strings.Repeat("x", maxText)},
		"euc-jp":     {`printf '\306\374\313\334'`, checks.OK, "", "\u65e5\u672c"},
		"shift_jis":  {`printf '\223\372\226\173'`, checks.OK, "", "\u65e5\u672c"},
		"no charset": {`printf 'caf\351 \377'`, checks.OK, "", "caf\ufffd \ufffd"},
	} {
		t.Run(name, func(t *testing.T) {
			s.add(t, name, tt.body) // before any other starts a program: a file open for writing cannot run (ETXTBSY)
			t.Parallel()
			r := ask(t, s.pool, Config{Command: []string{name, "x"}}, 10*time.Second)
			if r.State != tt.state || r.Reason != tt.reason || !strings.Contains(words(r), tt.says) {
				t.Errorf("got %s %q %q; want %s %q %q", r.State, r.Reason, words(r), tt.state, tt.reason, tt.says)
			}
		})
	}
	if r := ask(t, s.pool, Config{Command: []string{"plain", "x"}}, time.Second); r.State != checks.Critical || r.Reason != checks.ReasonPermission {
		t.Errorf("not executable: %+v", r)
	}
}

// What Nagios Core makes of exit codes beyond the four; see testdata/nagios4.
func TestOddEndsHaveTheStateOfNagios(t *testing.T) {
	raw, err := os.ReadFile("testdata/nagios4/exit.tsv")
	if err != nil {
		t.Fatal(err)
	}
	s := newScripts(t)
	for line := range strings.Lines(string(raw)) {
		end, state, _ := strings.Cut(strings.TrimSpace(line), "\t")
		body := "exit " + end
		if number, ok := strings.CutPrefix(end, "signal "); ok {
			body = "kill -" + number + " $$"
		}
		s.add(t, "odd", body)
		if r := ask(t, s.pool, Config{Command: []string{"odd", ""}}, 10*time.Second); r.State.String() != state {
			t.Errorf("%s: got %s; Nagios has %s", end, r.State, state)
		}
	}
}

func TestOutputOfManyLinesBecomesEvidenceAndValues(t *testing.T) {
	s := newScripts(t)
	s.add(t, "multi", `echo 'DISK CRITICAL | /=12MB;@10:20;~:5;0;100'
echo 'line 2'; echo 'line 3 | time=3ms'; echo "'a b'=5%"; exit 2`)
	r := ask(t, s.pool, Config{Command: []string{"multi", ""}}, 10*time.Second)
	if words(r) != "DISK CRITICAL" || string(r.Evidence) != "DISK CRITICAL\nline 2\nline 3" {
		t.Errorf("says %q, evidence %q", words(r), r.Evidence)
	}
	raw, _ := json.Marshal(r.Perf)
	want := `[{"label":"/","value":12582912,"unit":"bytes","uom":"MB","warn":"@1.048576e+07:2.097152e+07","crit":"~:5.24288e+06"},` +
		`{"label":"time","value":0.003,"unit":"seconds","uom":"ms"},{"label":"a b","value":0.05,"unit":"ratio","uom":"%"}]`
	if string(raw) != want {
		t.Errorf("perf %s\nwant %s", raw, want)
	}
}

func TestMacrosAreReplacedWithinOneArgument(t *testing.T) {
	s := newScripts(t)
	s.add(t, "args", `for a in "$@"; do printf '<%s>' "$a"; done; printf ' %s' "$EXTRA"`)
	r := ask(t, s.pool, Config{
		Command: []string{"$USER1$/args", "-H$HOSTADDRESS$", "$HOSTNAME$", "$ARG1$", "$ARG2$", "$_HOSTRACK$", "$$x$$", "^a$", "; rm -rf $(id) *"},
		Args:    []string{"5 6", "$HOSTNAME$!"}, Env: map[string]string{"EXTRA": "more", "PATH": "/nowhere"},
	}, 10*time.Second)
	want := "<-H127.0.0.1><web1><5 6><web1!><b 4><$x$><^a$><; rm -rf $(id) *> more"
	if words(r) != want {
		t.Errorf("got  %s\nwant %s", words(r), want)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Command: []string{"a", "$NOSUCH$", "$ARG1$", "x\x00"}, Env: map[string]string{"a=b": ""}}
	err := c.Validate()
	for _, want := range []string{"command[1]: unknown macro $NOSUCH$", "command[2]: $ARG1$: args has 0", "command[3]: ", "env: ", "max_output: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err := (&Config{Command: []string{"check_http -H x"}, MaxOutput: 1}).Validate(); err == nil {
		t.Error("a shell's line is taken")
	}
}

func TestOnlyAllowedFoldersAreRunFrom(t *testing.T) {
	s := newScripts(t)
	outside := filepath.Join(t.TempDir(), "evil")
	if err := os.WriteFile(outside, []byte("#!/bin/sh\necho ran"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	s.add(t, "good", "echo ran")
	if err := os.Symlink("good", filepath.Join(s.dir, "alias")); err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]checks.Reason{
		outside: checks.ReasonPermission, "link": checks.ReasonPermission, s.dir + "/../evil": checks.ReasonPermission,
		"/bin/sh": checks.ReasonPermission, "nosuch": checks.ReasonInternal, "../good": checks.ReasonPermission,
		"good": "", "alias": "", s.dir + "/good": "",
	} {
		r := ask(t, s.pool, Config{Command: []string{command, ""}}, 10*time.Second)
		if r.Reason != want || (want == "") != (words(r) == "ran") {
			t.Errorf("%s: %s %q %s", command, r.State, r.Reason, words(r))
		}
	}
	for name, pool := range map[string]*plugins.Pool{"no pool": nil, "no folder": plugins.NewPool(plugins.Config{})} {
		if r := ask(t, pool, Config{Command: []string{"/bin/true", ""}}, time.Second); r.Reason != checks.ReasonPermission {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if got := s.pool.Stats(); got.Started != 3 || got.Refused != 6 {
		t.Errorf("stats %+v", got)
	}
}

func TestTheTimeOutEndsTheWholeGroup(t *testing.T) {
	s := newScripts(t)
	pids := filepath.Join(s.dir, "pid")
	s.add(t, "hang", `trap '' TERM; echo begun; sleep 600 & echo $! > `+pids+`; wait; sleep 600`)
	start := time.Now()
	r := ask(t, s.pool, Config{Command: []string{"hang", ""}}, time.Second)
	if took := time.Since(start); r.State != checks.Critical || r.Reason != checks.ReasonTimeout || took > 3*time.Second {
		t.Errorf("%s %q after %s", r.State, r.Reason, took)
	}
	if string(r.Evidence) != "begun" {
		t.Errorf("evidence %q", r.Evidence)
	}
	raw, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	stat, err := os.ReadFile("/proc/" + strings.TrimSpace(string(raw)) + "/stat")
	for range 100 { // init may need a moment to reap it
		if err != nil || bytes.Contains(stat, []byte(") Z ")) {
			break
		}
		time.Sleep(10 * time.Millisecond)
		stat, err = os.ReadFile("/proc/" + strings.TrimSpace(string(raw)) + "/stat")
	}
	if err == nil && !bytes.Contains(stat, []byte(") Z ")) {
		t.Errorf("the plugin's child lives: %s", stat)
	}
	if got := s.pool.Stats(); got.TimedOut != 1 || got.Running != 0 {
		t.Errorf("stats %+v", got)
	}
}

func TestThePoolIsBounded(t *testing.T) {
	s := newScripts(t) // four at once
	s.add(t, "slow", "sleep 1; echo ran")
	var wg sync.WaitGroup
	var mu sync.Mutex
	ran, busy := 0, 0
	for range 6 {
		wg.Go(func() {
			r := ask(t, s.pool, Config{Command: []string{"slow", ""}}, 1500*time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case words(r) == "ran":
				ran++
			case r.State == checks.Unknown && r.Reason == checks.ReasonInternal, r.Reason == checks.ReasonTimeout:
				busy++
			}
		})
	}
	wg.Wait()
	if ran != 4 || busy != 2 {
		t.Errorf("%d ran, %d found no place; want 4 and 2 (%+v)", ran, busy, s.pool.Stats())
	}
}

func TestUsersAndSecrets(t *testing.T) {
	s := newScripts(t)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.add(t, "say", `echo "$1"`)
	cfg := plugins.Config{Dirs: []string{s.dir}, Secrets: map[string]config.Secret{"USER3": {File: file}}}
	if r := ask(t, plugins.NewPool(cfg), Config{Command: []string{"say", "$USER3$"}}, 10*time.Second); words(r) != "geheim" {
		t.Errorf("got %q", words(r))
	}
	c, _ := New(Config{Command: []string{"say", "$USER4$"}}, deps(plugins.NewPool(cfg)))
	if _, err := c.Run(t.Context(), checks.Target{}); err == nil || !strings.Contains(err.Error(), "plugins.users") {
		t.Errorf("a macro without a value: %v", err)
	}
	bad := plugins.Config{Dirs: []string{"relative", "/"}, Concurrency: -1, Users: map[string]string{"USER0": ""}, Secrets: map[string]config.Secret{"USER1": {}}}
	err := bad.Validate()
	for _, want := range []string{"dirs: got \"relative\"", "dirs: got \"/\"", "concurrency: ", "users.USER0: ", "secrets.USER1: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// Debian's plugins run unchanged: state, text and number of values are what
// they print when run directly.
func TestMonitoringPluginsRunAsTheyAre(t *testing.T) {
	nginx := testnginx.New(t, testnginx.Options{})
	port, stopped := strconv.Itoa(nginx.Port), strconv.Itoa(testproc.FreePort(t))
	pool := plugins.NewPool(plugins.DefaultConfig())
	for _, line := range [][]string{
		{"check_dummy", "0", "all fine"}, {"check_dummy", "2", "a | b=3ms"}, {"check_dummy", "3"},
		{"check_load", "-w", "1000,1000,1000", "-c", "2000,2000,2000"}, {"check_load", "-w", "0,0,0", "-c", "0,0,0"},
		{"check_disk", "-w", "1%", "-c", "0%", "-p", "/"}, {"check_disk", "-w", "100%", "-c", "100%", "-p", "/"},
		{"check_procs", "-w", "100000", "-c", "100000"}, {"check_procs", "-c", "1:1", "-C", "nosuchproc"},
		{"check_swap", "-w", "10%", "-c", "5%", "-n", "ok"}, {"check_users", "-w", "100", "-c", "200"},
		{"check_file_age", "-w", "1", "-c", "2", "-f", "/etc/passwd"},
		{"check_tcp", "-H", "127.0.0.1", "-p", port}, {"check_tcp", "-H", "127.0.0.1", "-p", stopped},
		{"check_http", "-H", "127.0.0.1", "-p", port, "-s", "all is well"}, {"check_http", "-H", "127.0.0.1", "-p", port, "-u", "/nosuch"},
		{"check_ssh", "-p", stopped, "127.0.0.1"}, {"check_ntp_time", "--nosuch"},
	} {
		t.Run(strings.Join(line, " "), func(t *testing.T) {
			direct, err := runner.Run(t.Context(), runner.Command{Path: plugins.DefaultDir + "/" + line[0], Args: line[1:], Env: plugins.Environment()})
			if err != nil {
				t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins", err)
			}
			command := append([]string{line[0]}, line[1:]...)
			if len(command) == 1 {
				command = append(command, "")
			}
			r := ask(t, pool, Config{Command: command}, 20*time.Second)
			first, _, _ := strings.Cut(string(direct.Stdout), "\n")
			words, perf, _ := strings.Cut(first, "|")
			if r.State.ExitCode() != direct.ExitCode {
				t.Errorf("state %s; the plugin exits %d", r.State, direct.ExitCode)
			}
			if got, want := digits(text.Default().Render(text.English, nil, r.Summary)), digits(words); got != want {
				t.Errorf("says %q; directly %q", got, want)
			}
			values, faults := perfdata.Parse(perf)
			if len(values) != len(r.Perf) || len(faults) > 0 || strings.Count(perf, "=") != len(values) {
				t.Errorf("%d values of %q, faults %v", len(r.Perf), perf, faults)
			}
		})
	}
}

// digits hides what changes between two runs.
func digits(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return -1
		}
		return r
	}, s))
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("plain"))
	f.Add([]byte("\xc6\xfc\xcb\xdc"))
	f.Add([]byte("\xff\x00\x1b"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := decode(b)
		if s != strings.ToValidUTF8(s, "") || len(s) > 4*len(b) {
			t.Errorf("%q becomes %q", b, s)
		}
		if line := sentence(s); len(line) > maxText || strings.ContainsAny(line, "\n\r\t\x1b") {
			t.Errorf("%q makes the line %q", b, line)
		}
	})
}

func FuzzExpand(f *testing.F) {
	f.Add("$HOSTADDRESS$ $$ $ARG1$ ^a$ $x y$")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := expand(s, func(name string) (string, error) { return "<" + name + ">", nil })
		if err != nil || !strings.Contains(s, "$") && got != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	})
}

func BenchmarkPlugin(b *testing.B) {
	pool := plugins.NewPool(plugins.DefaultConfig())
	c, err := New(Config{Command: []string{"check_dummy", "0", "ok|a=1ms"}, MaxOutput: 64 << 10}, deps(pool))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	self, all := testnginx.CPUSelf(b), testnginx.CPUAll(b)
	for b.Loop() {
		results, err := c.Run(b.Context(), checks.Target{Host: "h"})
		if err != nil || results[0].State != checks.OK {
			b.Fatal(fmt.Sprint(results, err))
		}
	}
	b.ReportMetric(float64((testnginx.CPUSelf(b)-self).Microseconds())/float64(b.N), "own-cpu-µs/op")
	b.ReportMetric(float64((testnginx.CPUAll(b)-all).Microseconds())/float64(b.N), "all-cpu-µs/op")
}
