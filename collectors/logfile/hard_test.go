package logfile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestALineOfAGigabyteTakesNoMemory(t *testing.T) {
	r := newLoneRig(t, "a.log")
	r.start()
	r.write("a.log", "before\nx")
	r.do(os.Truncate(r.path("a.log"), 1<<30)) // a gigabyte of NUL
	r.write("a.log", "\nafter\n")
	r.want("before", "x"+strings.Repeat("␀", r.cfg.MaxLine-1), "after")
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys > 128<<20 {
		t.Errorf("the heap has %d MiB", m.HeapSys>>20)
	}
	r.stat("a.log", "the rest is counted", func(s FileStats) bool {
		return s.CutLines == 1 && s.CutBytes == uint64(1<<30-len("before\n")-r.cfg.MaxLine+1)
	})
}

// fill makes a folder of n files with a line each.
func fill(t testing.TB, dir string, n int) {
	t.Helper()
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%06d.log", i)), []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVeryManyFilesAreFollowedWithFewDescriptors(t *testing.T) {
	const files = 5000 // BenchmarkVeryManyFiles has 100,000
	r := newLoneRig(t, "many/*.log")
	r.cfg.Files[0].From = fromEnd
	r.cfg.MaxOpen = 100
	fill(t, r.path("many"), files)
	begun := time.Now()
	r.start()
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		r.do(err)
		return len(entries)
	}
	r.until("all files are found", func() bool { total, _ := r.f.Stats(0); return total.Files == files }, func() string { return "fewer" })
	t.Logf("%d files found after %s", files, time.Since(begun))
	var want []string
	start := time.Now()
	for i := range 500 { // more than may be open at a time
		line := fmt.Sprint("line ", i)
		r.write(fmt.Sprintf("many/%06d.log", i*(files/500)), line+"\n")
		want = append(want, line)
	}
	r.wantSet(want...)
	t.Logf("500 of %d files heard after %s", files, time.Since(start))
	if n := descriptors(); n > 130 {
		t.Errorf("%d descriptors are open", n)
	}
	r.stop()
	r.write("many/000001.log", "while nobody followed\n")
	r.start()
	r.wantSet(append(want, "while nobody followed")...)
}

func TestRotationsAreHeardWhileTheSinkWaits(t *testing.T) {
	r := newRig(t, "a.log")
	hold := make(chan struct{})
	r.hold = hold
	r.start()
	var want []string
	for i := range 4 {
		line := fmt.Sprintf("in file %d", i)
		want = append(want, line)
		r.write("a.log", line+"\n")
		r.until("it is open", func() bool { total, _ := r.f.Stats(0); return total.Open == i+1 }, func() string { return "not" })
		r.do(os.Remove(r.path("a.log"))) // gone for everybody who has not opened it
	}
	r.mu.Lock()
	r.hold = nil
	r.mu.Unlock()
	close(hold)
	r.want(want...)
	r.until("nothing is open", func() bool { total, _ := r.f.Stats(0); return total.Open == 0 }, func() string { return "some" })
}

func TestAClockThatStepsBackChangesNothing(t *testing.T) {
	r := newRig(t, "a.log")
	r.start()
	now := time.Now()
	r.f.mu.Lock()
	r.f.deps.Now = func() time.Time { now = now.Add(-time.Hour); return now }
	r.f.mu.Unlock()
	r.write("a.log", "one\n")
	r.want("one")
	past := time.Now().Add(-48 * time.Hour)
	r.do(os.Chtimes(r.path("a.log"), past, past))
	r.do(os.Rename(r.path("a.log"), r.path("a.log.1")))
	r.write("a.log", "two\n")
	r.want("one", "two")
	r.stop()
	r.start()
	r.write("a.log", "three\n")
	r.want("one", "two", "three")
}

func TestQuietFilesGiveTheirDescriptorsBack(t *testing.T) {
	r := newRig(t, "*.log")
	r.start()
	r.write("a.log", "one\n")
	r.want("one")
	r.until("it has nothing to read", func() bool { _, files := r.f.Stats(1); return files[0].Lag == 0 }, func() string { return "it has" })
	r.f.mu.Lock()
	r.f.cool(time.Now().Add(2 * idleAfter))
	open := len(r.f.open)
	r.f.mu.Unlock()
	if open != 0 {
		t.Errorf("%d files are open", open)
	}
	r.write("a.log", "two\n")
	r.want("one", "two")
	// Rotated while it is closed.
	r.f.mu.Lock()
	r.f.cool(time.Now().Add(2 * idleAfter))
	r.f.mu.Unlock()
	r.write("a.log", "three\n")
	r.do(os.Rename(r.path("a.log"), r.path("a.log.1")))
	r.write("a.log", "four\n")
	r.want("one", "two", "three", "four")
}
