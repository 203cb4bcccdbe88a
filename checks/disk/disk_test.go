package disk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func on(dir string) Config {
	c := DefaultConfig()
	c.Dir = dir
	return c
}

func ask(t *testing.T, c *Check) (checks.Result, string) {
	t.Helper()
	if err := c.cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	results, err := c.Run(ctx, checks.Target{})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	said := text.Default().Render(text.English, nil, results[0].Summary)
	if strings.Contains(said, "{") || said == results[0].Summary.ID {
		t.Errorf("summary %q", said)
	}
	return results[0], said
}

func TestAFolderIsWrittenReadBackAndLeftClean(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("of a run that was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, said := ask(t, New(on(dir), checks.Deps{}))
	var phases []string
	for _, p := range r.Phases {
		phases = append(phases, p.Name)
	}
	if r.State != checks.OK || fmt.Sprint(phases) != "[create write sync read remove]" || len(r.Perf) != 1 || r.Perf[0].Value <= 0 {
		t.Errorf("got %s %q, phases %v, %+v", r.State, said, phases, r.Perf)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestALinkIsReplacedAndNotFollowed(t *testing.T) {
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(other, []byte("keep"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
	if r, said := ask(t, New(on(dir), checks.Deps{})); r.State != checks.OK {
		t.Errorf("got %s %q", r.State, said)
	}
	if b, err := os.ReadFile(other); err != nil || string(b) != "keep" {
		t.Errorf("the link was followed: %q, %v", b, err)
	}
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	slow := &checks.Threshold{Range: checks.Range{End: 1e-9}}
	for _, tt := range []struct {
		name    string
		err     error
		warning *checks.Threshold
		state   checks.State
		reason  checks.Reason
		says    string
	}{
		{"slow", nil, slow, checks.Warning, checks.ReasonThreshold, "but it took"},
		{"full", unix.ENOSPC, nil, checks.Critical, checks.ReasonStatus, "is full"},
		{"quota", unix.EDQUOT, nil, checks.Critical, checks.ReasonStatus, "is full"},
		{"read-only", unix.EROFS, nil, checks.Critical, checks.ReasonStatus, "is read-only"},
		{"broken", unix.EIO, nil, checks.Critical, checks.ReasonStatus, "input/output error"},
		{"not ours", unix.EACCES, nil, checks.Unknown, checks.ReasonPermission, "no right"},
		{"lies", errOtherBytes, nil, checks.Critical, checks.ReasonContent, "other bytes"},
	} {
		cfg := on("/d")
		cfg.Warning = tt.warning
		c := New(cfg, checks.Deps{})
		c.work = func(*netdial.Phases) error {
			if tt.err != nil {
				return &os.PathError{Op: "write", Path: "/d/x", Err: tt.err}
			}
			return nil
		}
		if r, said := ask(t, c); r.State != tt.state || r.Reason != tt.reason || !strings.Contains(said, tt.says) {
			t.Errorf("%s: got %s %q %q", tt.name, r.State, r.Reason, said)
		}
	}
}

// Real file systems that refuse.
func TestRealFileSystemsThatRefuse(t *testing.T) {
	if r, _ := ask(t, New(on(filepath.Join(t.TempDir(), "none")), checks.Deps{})); r.State != checks.Critical || r.Reason != checks.ReasonStatus {
		t.Errorf("no folder: %+v", r)
	}
	if os.Getuid() != 0 {
		t.Skip("mounting a tmpfs needs root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatalf("mount tmpfs: %v", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	if r, said := ask(t, New(on(dir), checks.Deps{})); r.State != checks.OK {
		t.Errorf("with room: %s", said)
	}
	big := on(dir)
	big.Size = 1 << 20
	if r, said := ask(t, New(big, checks.Deps{})); r.State != checks.Critical || !strings.Contains(said, "is full") {
		t.Errorf("full: %s %s", r.State, said)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("a full disk keeps %v, %v", left, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatalf("remount: %v", err)
	}
	if r, said := ask(t, New(on(dir), checks.Deps{})); r.State != checks.Critical || !strings.Contains(said, "read-only") {
		t.Errorf("read-only: %s %s", r.State, said)
	}
}

// The probe and `probe health` may look at one folder at the same time.
func TestSeveralChecksOfOneFolderDoNotHinderEachOther(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	var bad atomic.Int32
	for range 2 {
		c := New(on(dir), checks.Deps{})
		all.Go(func() {
			for range 50 {
				if r, err := c.Run(t.Context(), checks.Target{}); err != nil || r[0].State != checks.OK {
					bad.Add(1)
				}
			}
		})
	}
	all.Wait()
	if n := bad.Load(); n > 0 {
		t.Errorf("%d of 100 runs were not OK", n)
	}
}

func TestAHungDiskHoldsOneGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := New(on("/d"), checks.Deps{})
		release := make(chan struct{})
		var begun atomic.Int32
		c.work = func(p *netdial.Phases) error {
			begun.Add(1)
			p.Begin(phaseSync)
			<-release
			return nil
		}
		for i := range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			r, err := c.Run(ctx, checks.Target{})
			cancel()
			if err != nil || r[0].State != checks.Critical || r[0].Reason != checks.ReasonTimeout {
				t.Errorf("got %+v, %v", r, err)
			}
			if i == 0 && (len(r[0].Phases) != 1 || r[0].Phases[0].Name != phaseSync) {
				t.Errorf("it does not say where it hangs: %+v", r[0].Phases)
			}
		}
		if n := begun.Load(); n != 1 {
			t.Errorf("%d goroutines write; want 1", n)
		}
		close(release)
		synctest.Wait()
		if r, err := c.Run(t.Context(), checks.Target{}); err != nil || r[0].State != checks.OK {
			t.Errorf("after it came back: %+v, %v", r, err)
		}
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := (&Config{Dir: "var", Size: maxSize + 1}).Validate()
	for _, want := range []string{"dir: got", "size: got"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err := (&Config{Dir: "/", Size: 0}).Validate(); err == nil || errors.Is(err, os.ErrInvalid) {
		t.Errorf("got %v", err)
	}
}
