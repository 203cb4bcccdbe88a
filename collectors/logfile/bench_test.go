package logfile

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// BenchmarkFollow follows 200 files that get 50,000 lines a second in all, for
// five seconds. cores is the CPU time used by the follower's share of the process
// (the writers' own time is measured in a run without a follower, and taken off)
// for each second; p50-ms and p99-ms are from a line's write to its delivery.
func BenchmarkFollow(b *testing.B) {
	for b.Loop() {
		writing := cpuOf(func() { writeMany(b, b.TempDir(), 5*time.Second) })
		dir := b.TempDir()
		cfg := DefaultConfig()
		src := DefaultSource(filepath.Join(dir, "*.log"))
		src.From = fromBeginning
		cfg.Files = []Source{src}
		var mu sync.Mutex
		var took []time.Duration
		lines := 0
		var f *Follower
		f, err := New(cfg, Deps{
			Logger: slog.New(slog.DiscardHandler), Now: time.Now, State: filepath.Join(dir, "state"),
			Sink: func(_ context.Context, batch Batch) error {
				mu.Lock()
				defer mu.Unlock()
				lines += len(batch.Lines)
				// The oldest line of the batch has waited longest.
				if sent, err := time.Parse(time.RFC3339Nano, batch.Lines[0].Text[:len(stampLayout)]); err == nil {
					took = append(took, time.Since(sent))
				}
				f.Ack(batch.Position)
				return nil
			},
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		var written int
		used := cpuOf(func() {
			var running sync.WaitGroup
			running.Go(func() {
				if err := f.Run(ctx); err != nil {
					b.Error(err)
				}
			})
			written = writeMany(b, dir, 5*time.Second)
			for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				mu.Lock()
				all := lines == written
				mu.Unlock()
				if all {
					break
				}
			}
			cancel()
			running.Wait()
		})
		if lines != written {
			b.Fatalf("%d lines of %d", lines, written)
		}
		slices.Sort(took)
		b.ReportMetric((used-writing).Seconds()/5, "cores")
		b.ReportMetric(float64(written)/5, "lines/s")
		b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "p99-ms")
	}
}

const stampLayout = "2006-01-02T15:04:05.000000000Z"

// writeMany writes to 200 files, each of them every 100 ms.
func writeMany(b *testing.B, dir string, d time.Duration) int {
	const files, perSecond, rounds = 200, 50_000, 10
	var outs []*bufio.Writer
	for i := range files {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%03d.log", i)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		outs = append(outs, bufio.NewWriter(f))
	}
	n := 0
	start := time.Now()
	for i := 0; ; i++ { // file i is due at a time of its own
		due := start.Add(time.Duration(i) * time.Second / (files * rounds))
		if due.Sub(start) >= d {
			return n
		}
		time.Sleep(time.Until(due))
		w := outs[i%files]
		stamp := time.Now().UTC().Format(stampLayout)
		for range perSecond / files / rounds {
			fmt.Fprintf(w, "%s web1 app[4711]: request %d was answered with status 200 in 12 ms\n", stamp, n)
			n++
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}

// cpuOf is the CPU time that the process uses while f runs.
func cpuOf(f func()) time.Duration {
	used := func() time.Duration {
		var ru unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &ru); err != nil {
			return 0
		}
		return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}

// BenchmarkVeryManyFiles follows a folder of 100,000 quiet files. start-s is how
// long it takes to find all of them, cores the CPU time for each second after it.
func BenchmarkVeryManyFiles(b *testing.B) {
	const files = 100_000
	dir := filepath.Join(b.TempDir(), "many")
	fill(b, dir, files)
	for b.Loop() {
		cfg := DefaultConfig()
		cfg.Files = []Source{DefaultSource(filepath.Join(dir, "*.log"))}
		f, err := New(cfg, Deps{
			Logger: slog.New(slog.DiscardHandler), Now: time.Now, State: filepath.Join(b.TempDir(), "state"),
			Sink: func(context.Context, Batch) error { return nil },
		})
		if err != nil {
			b.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.Context())
		var running sync.WaitGroup
		start := time.Now()
		running.Go(func() {
			if err := f.Run(ctx); err != nil {
				b.Error(err)
			}
		})
		for found := 0; found < files; time.Sleep(10 * time.Millisecond) {
			total, _ := f.Stats(0)
			found = total.Files
		}
		b.ReportMetric(time.Since(start).Seconds(), "start-s")
		time.Sleep(5 * time.Second) // the state is written
		const quiet = 10 * time.Second
		b.ReportMetric(cpuOf(func() { time.Sleep(quiet) }).Seconds()/quiet.Seconds(), "cores")
		total, _ := f.Stats(0)
		b.ReportMetric(float64(total.Open), "open")
		cancel()
		running.Wait()
	}
}
