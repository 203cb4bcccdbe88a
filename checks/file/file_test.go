package file

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func limit(t *testing.T, s string) *checks.Threshold {
	t.Helper()
	th, err := checks.ParseThreshold(s)
	if err != nil {
		t.Fatal(err)
	}
	return &th
}

func ask(t *testing.T, cfg Config) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, checks.Deps{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
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

// folder has three files of different age and size, a folder and a pipe.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"a.log", "b.log", "c.txt"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(strings.Repeat("x", 1000*i)+"word\n"), 0o640); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-time.Duration(i+1) * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	sub := filepath.Join(dir, "sub")
	if err := os.Mkdir(sub, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(sub, 0o755|os.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFilesAreFoundAndJudged(t *testing.T) {
	dir := folder(t)
	for name, tt := range map[string]struct {
		path   string
		change func(*Config)
		state  checks.State
		id     string
	}{
		"there":           {"a.log", nil, checks.OK, "file.aged"},
		"not there":       {"nosuch", nil, checks.Critical, "file.none"},
		"absent":          {"*.core", func(c *Config) { c.Expect = ExpectAbsent }, checks.OK, "file.ok"},
		"unwanted":        {"*.log", func(c *Config) { c.Expect = ExpectAbsent }, checks.Critical, "file.there"},
		"either":          {"nosuch", func(c *Config) { c.Expect = ExpectAny }, checks.OK, "file.ok"},
		"fresh enough":    {"*.log", func(c *Config) { c.AgeCritical = limit(t, "90m") }, checks.OK, "file.aged"},
		"oldest":          {"*.log", func(c *Config) { c.AgeOf, c.AgeWarning = AgeOfOldest, limit(t, "90m") }, checks.Warning, "file.age"},
		"too old":         {"c.txt", func(c *Config) { c.AgeWarning, c.AgeCritical = limit(t, "1h"), limit(t, "2h") }, checks.Critical, "file.age"},
		"too small":       {"a.log", func(c *Config) { c.SizeCritical = limit(t, "6:") }, checks.Critical, "file.size"},
		"sum of sizes":    {"*.log", func(c *Config) { c.SizeWarning = limit(t, "1009") }, checks.Warning, "file.size"},
		"sum just right":  {"*.log", func(c *Config) { c.SizeWarning = limit(t, "1010") }, checks.OK, "file.aged"},
		"too many":        {"*", func(c *Config) { c.CountCritical = limit(t, "4") }, checks.Critical, "file.count"},
		"contains":        {"*.log", func(c *Config) { c.Contains = "word" }, checks.OK, "file.aged"},
		"lacks":           {"*.log", func(c *Config) { c.Regexp = "^word" }, checks.Critical, "file.lacks"},
		"has":             {"*", func(c *Config) { c.NotContains = "word" }, checks.Critical, "file.has"},
		"beyond max_read": {"b.log", func(c *Config) { c.Contains, c.MaxRead = "word", 100 }, checks.Critical, "file.lacks"},
		"no file":         {"sub", func(c *Config) { c.Kind = KindFile }, checks.Critical, "file.kind"},
		"a folder":        {"sub", func(c *Config) { c.Kind, c.Mode = KindDir, "2755" }, checks.OK, "file.aged"},
		"a pipe's words":  {"pipe", func(c *Config) { c.Contains = "x" }, checks.OK, "file.aged"},
		"mode":            {"*.log", func(c *Config) { c.Mode = "0600" }, checks.Critical, "file.mode"},
		"owner":           {"*.log", func(c *Config) { c.Owner = fmt.Sprint(os.Getuid()) }, checks.OK, "file.aged"},
		"other owner":     {"*.log", func(c *Config) { c.Owner = "4000000" }, checks.Critical, "file.owner"},
		"other group":     {"*.log", func(c *Config) { c.Group = "daemon" }, checks.Critical, "file.group"},
	} {
		cfg := DefaultConfig()
		cfg.Path = filepath.Join(dir, tt.path)
		if tt.change != nil {
			tt.change(&cfg)
		}
		if r := ask(t, cfg); r.State != tt.state || r.Summary.ID != tt.id || r.Evidence != nil {
			t.Errorf("%s: got %s %s; want %s %s", name, r.State, r.Summary.ID, tt.state, tt.id)
		}
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Path: "rel[", Expect: "x", Kind: "y", AgeOf: "z", Mode: "9", Regexp: "("}).Validate()
	for _, want := range []string{"path: ", "expect: ", "kind: ", "age_of: ", "mode: ", "regexp: ", "max_read: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c, _ := New(Config{Path: "/etc/passwd", Owner: "nosuch-user"}, checks.Deps{Now: time.Now})
	if _, err := c.Run(t.Context(), checks.Target{}); err == nil {
		t.Error("an unknown owner is no error")
	}
}

// A hung mount holds one goroutine, however often the check runs.
func TestAHungFileSystemHoldsOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Path = "/nfs/x"
		c, _ := New(cfg, checks.Deps{Now: time.Now})
		var looks atomic.Int32
		release := make(chan struct{})
		c.find = func() ([]seen, error) { looks.Add(1); <-release; return nil, nil }
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			r, err := c.Run(ctx, checks.Target{})
			cancel()
			if err != nil || r[0].State != checks.Unknown || r[0].Reason != checks.ReasonTimeout {
				t.Errorf("got %+v, %v", r, err)
			}
		}
		if n := looks.Load(); n != 1 {
			t.Errorf("%d goroutines look; want 1", n)
		}
		close(release)
		synctest.Wait()
		if r, err := c.Run(t.Context(), checks.Target{}); err != nil || r[0].Reason != checks.ReasonStatus {
			t.Errorf("after it came back: %+v, %v", r, err)
		}
	})
}

// Permission is a reason of its own. Root may see everything: the error is made.
func TestNoRightToLookIsUnknown(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Path = "/x"
	c, _ := New(cfg, checks.Deps{Now: time.Now})
	c.find = func() ([]seen, error) { return nil, &os.PathError{Op: "open", Path: "/x", Err: os.ErrPermission} }
	if r, err := c.Run(t.Context(), checks.Target{}); err != nil || r[0].State != checks.Unknown || r[0].Reason != checks.ReasonPermission {
		t.Errorf("got %+v, %v", r, err)
	}
}

// The verdicts are those of monitoring-plugins' check_file_age.
func TestVerdictsAreThoseOfCheckFileAge(t *testing.T) {
	path := filepath.Join(folder(t), "b.log") // two hours old, 1,005 bytes
	for _, tt := range [][4]string{
		{"7100", "7300", "0", "0"}, {"100", "7000", "0", "0"}, {"9000", "9999", "0", "0"}, {"9000", "9999", "2000", "0"}, {"9000", "9999", "0", "2000"},
	} {
		theirs, err := runner.Run(t.Context(), runner.Command{
			Path: "/usr/lib/nagios/plugins/check_file_age", Env: []string{"PATH=/usr/bin:/bin"},
			Args: []string{"-w", tt[0], "-c", tt[1], "-W", tt[2], "-C", tt[3], "-f", path},
		})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins", err)
		}
		cfg := DefaultConfig()
		cfg.Path, cfg.AgeWarning, cfg.AgeCritical = path, limit(t, tt[0]), limit(t, tt[1])
		cfg.SizeWarning, cfg.SizeCritical = limit(t, tt[2]+":"), limit(t, tt[3]+":")
		if r := ask(t, cfg); r.State.ExitCode() != theirs.ExitCode {
			t.Errorf("%v: ours %s, theirs %d %s", tt, r.State, theirs.ExitCode, theirs.Stdout)
		}
	}
}
