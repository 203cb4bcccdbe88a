package tsdb

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
)

// smallDisk mounts a tmpfs. It needs root (CAP_SYS_ADMIN).
func smallDisk(t *testing.T, megabytes int) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to mount a small tmpfs; run as root")
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", megabytes)); err != nil {
		t.Skipf("mount tmpfs: %v; run with CAP_SYS_ADMIN", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// fill takes all room that is left.
func fill(t *testing.T, dir string) (path string) {
	t.Helper()
	path = filepath.Join(dir, "filler")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for len(buf) > 0 {
		if _, err := f.Write(buf); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			buf = buf[:len(buf)/2]
		}
	}
	return path
}

// writers append numbered samples from several goroutines until stop, and note
// what was acknowledged. A refused sample is sent again, as senders do.
func writers(db *DB, stop <-chan struct{}, acked *[]string, mu *sync.Mutex) *sync.WaitGroup {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				at := time.Now()
				if i%5 == 0 {
					at = at.Add(-time.Hour) // late: through the other log
				}
				id := fmt.Sprintf("%d_%d", w, i)
				if i%5 == 0 {
					id = fmt.Sprintf("late%d", w)
				}
				s := Sample{metric("__name__", "crash", "id", id), at.UnixMilli(), float64(i)}
				batch := []Sample{s}
				if w == 0 { // records over several pages: only those tear the log
					batch = append(batch, noise(at)...)
				}
				for db.Append(context.Background(), batch) != nil {
					select {
					case <-stop:
						return
					case <-time.After(5 * time.Millisecond):
					}
				}
				mu.Lock()
				*acked = append(*acked, fmt.Sprintf("%s %d %d", id, s.At, i))
				mu.Unlock()
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	return &wg
}

// noise is a batch that does not compress: about 60 KB in the log.
func noise(at time.Time) []Sample {
	out := make([]Sample, 5000)
	for i := range out {
		out[i] = Sample{metric("__name__", "noise", "i", fmt.Sprint(i)), at.UnixMilli(), rand.Float64()}
	}
	return out
}

// until waits for another goroutine's work.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("waited too long: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// The gate is lied to (there is always a byte), so that commits really fail in
// the middle. Full, emptied, full again; then a copy as a power cut leaves it.
func TestADiskThatFillsInTheMiddleOfACommitLosesNothing(t *testing.T) {
	dir := smallDisk(t, 48)
	opts := testOptions(filepath.Join(dir, "tsdb"))
	opts.MinFreeBytes = 1
	opts.FreeSpace = func(dir string) (uint64, error) {
		n, err := statfsFree(dir)
		return n + 1, err
	}
	db := openTest(t, opts)
	var mu sync.Mutex
	var acked []string
	count := func() int { mu.Lock(); defer mu.Unlock(); return len(acked) }
	stop := make(chan struct{})
	wg := writers(db, stop, &acked, &mu)
	until(t, "first samples", func() bool { return count() > 200 })
	for round := range 3 {
		fill(t, dir)
		until(t, "a failed write", func() bool { return testutil.ToFloat64(db.metrics.writeErrors) > float64(round) })
		if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
			t.Fatal(err)
		}
		before := count()
		until(t, "samples after there is room", func() bool { return count() > before+200 })
	}
	fill(t, dir)
	close(stop)
	wg.Wait()
	power := filepath.Join(t.TempDir(), "power-cut")
	copyTree(t, opts.Dir, power)
	os.Remove(filepath.Join(dir, "filler"))

	until(t, "reopened", func() bool {
		g, err := db.acquire()
		if err != nil {
			return false
		}
		defer g.release()
		return !g.failed.Load()
	})
	if lost := missing(t, db, acked); len(lost) > 0 {
		t.Errorf("live: %d of %d lost, first %s", len(lost), len(acked), lost[0])
	}
	again := openTest(t, testOptions(power))
	if lost := missing(t, again, acked); len(lost) > 0 {
		t.Errorf("after a power cut: %d of %d lost, first %s", len(lost), len(acked), lost[0])
	}
	t.Logf("%d acknowledged, %v failed writes, %v reopens", len(acked), testutil.ToFloat64(db.metrics.writeErrors), testutil.ToFloat64(db.metrics.reopens))
}

// Filled while a child appends, killed, restarted on the full disk, restarted
// with room.
func TestAKilledServerOnAFullDiskStartsAgain(t *testing.T) {
	dir := smallDisk(t, 48)
	store := filepath.Join(dir, "tsdb")
	done := make(chan []string, 1)
	go func() { done <- child(t, store, 1500*time.Millisecond) }()
	until(t, "the child's log", func() bool {
		_, err := os.Stat(filepath.Join(store, "wal"))
		return err == nil
	})
	time.Sleep(700 * time.Millisecond) // let it write: another process
	fill(t, dir)
	acked := <-done

	check := func(what string) {
		db, err := Open(testOptions(store))
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer db.Close()
		if lost := missing(t, db, acked); len(lost) > 0 {
			t.Errorf("%s: %d of %d lost, first %s", what, len(lost), len(acked), lost[0])
		}
	}
	check("full")
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	check("with room")
	t.Logf("%d acknowledged", len(acked))
}
