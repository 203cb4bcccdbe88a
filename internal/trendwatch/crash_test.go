package trendwatch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"golang.org/x/sys/unix"
)

// saverDir names the folder, for the process that TestAKill… starts of this test.
const saverDir = "TRENDWATCH_SAVER_DIR"

// known is a lab in whose folder some series are kept.
func known(t *testing.T, dir string) *lab {
	t.Helper()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	l := newLab(t, now, c)
	l.dir = dir
	l.start(c)
	for _, host := range []string{"a", "b", "c"} {
		l.store(gauge(host), []time.Time{now.Add(-6 * time.Minute), now.Add(-time.Minute)}, []float64{1, 2})
	}
	l.settle()
	return l
}

// TestSaver is the process that is killed: it writes the same files for ever.
func TestSaver(t *testing.T) {
	dir := os.Getenv(saverDir)
	if dir == "" {
		return // started by TestAKillLeaves…
	}
	l := known(t, dir)
	l.w.saveAll()
	fmt.Println("saving")
	go func() { // it does not outlive the test that started it, however that ends
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	for {
		l.w.saveAll()
	}
}

func TestAKillLeavesWholeFilesAndNoHalves(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSaver$")
		cmd.Env = append(os.Environ(), saverDir+"="+dir, "TMPDIR="+t.TempDir())
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cmd.StdinPipe(); err != nil { // open until the process is waited for, or we are gone
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "saving" {
		}
		// Wherever it is: the rounds kill at different moments of a writing.
		halves := func() []string { list, _ := filepath.Glob(filepath.Join(dir, ".*")); return list }
		for tries := 0; round%2 == 0 && len(halves()) == 0 && tries < 10000; tries++ { // between writing and renaming
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // "signal: killed"
		files, _ := filepath.Glob(filepath.Join(dir, "*.snap"))
		if len(files) == 0 {
			t.Fatal("nothing was kept")
		}
		for _, path := range files {
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decodeShard(raw); err != nil {
				t.Errorf("round %d: %s: %v", round, path, err)
			}
		}
	}
	// Half a file, as a kill in the middle of its writing leaves it.
	if err := os.WriteFile(filepath.Join(dir, ".07.snap-123"), []byte("mtw"), 0o600); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	l := newLab(t, now, c)
	l.dir = dir
	l.start(c)
	if n := len(l.w.book.names); n != 3 {
		t.Errorf("%d series were taken over, want 3", n)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// A disk that is full is counted; what was kept stays, and is replaced when there
// is room again.
func TestAFullDiskLeavesTheOldSnapshot(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("root mounts a small disk")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("the kernel does not let us mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	l := known(t, dir)
	l.w.saveAll()
	files, _ := filepath.Glob(filepath.Join(dir, "*.snap"))
	if len(files) == 0 {
		t.Fatal("nothing was kept")
	}
	before, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, bytes.Repeat([]byte("x"), 1<<20), 0o600) // "no space left on device", after what fits
	l.until(l.now.Add(5 * time.Minute))
	failed := testutil.ToFloat64(l.w.stats.saved.WithLabelValues("failed"))
	l.w.saveAll()
	if n := testutil.ToFloat64(l.w.stats.saved.WithLabelValues("failed")) - failed; n != float64(len(files)) {
		t.Errorf("%v failures were counted, want %d", n, len(files))
	}
	after, err := os.ReadFile(files[0])
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the old snapshot did not stay: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	written := testutil.ToFloat64(l.w.stats.saved.WithLabelValues("written"))
	l.w.saveAll()
	if n := testutil.ToFloat64(l.w.stats.saved.WithLabelValues("written")) - written; n != float64(len(files)) {
		t.Errorf("%v files were written when there was room, want %d", n, len(files))
	}
}

// Files of another version are left unread, also those of a newer program; a
// series whose snapshot is of another version learns anew, alone.
func TestAnotherVersionLearnsAnew(t *testing.T) {
	l := known(t, t.TempDir())
	l.w.saveAll()
	files, _ := filepath.Glob(filepath.Join(l.dir, "*.snap"))
	if len(files) == 0 {
		t.Fatal("nothing was kept")
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	list, err := decodeShard(raw)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].snapshot[3]++ // checks/trend's version
	}
	if raw, err = encodeShard(list); err != nil {
		t.Fatal(err)
	}
	check := func(what string, raw []byte) {
		t.Helper()
		if err := os.WriteFile(files[0], raw, 0o600); err != nil {
			t.Fatal(err)
		}
		l.start(one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"}))
		if got, want := len(l.w.book.names), 3-len(list); got != want {
			t.Errorf("%s: %d series were taken over, want %d", what, got, want)
		}
		l.settle()
		if len(l.w.book.names) != 3 {
			t.Errorf("%s: %d series are judged, want 3", what, len(l.w.book.names))
		}
	}
	check("another snapshot", raw)
	raw[3]++ // the file's version
	check("another file", raw)
}
