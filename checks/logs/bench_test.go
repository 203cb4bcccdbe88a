package logs

import (
	"bytes"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// BenchmarkScan is the engine alone, on text in memory: blocks as they are read.
func BenchmarkScan(b *testing.B) {
	var text bytes.Buffer
	if _, err := testlogs.Write(&text, 32<<20, 1); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{10, 50, 100} {
		var rules []*Rule
		for _, e := range testlogs.Expressions(n) {
			rules = append(rules, plainRule(e, mustPattern(b, e, "")))
		}
		set := mustCompile(b, rules, Options{}).Tuned(text.Bytes())
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.SetBytes(int64(text.Len()))
			m := NewMatcher(NewTracker(set, Deps{}, base), Line{}, time.Now)
			hits, before := 0, cpuTime(b)
			for b.Loop() {
				hits = 0
				for rest := text.Bytes(); len(rest) > 0; {
					end := len(rest)
					if end > blockSize {
						end = bytes.LastIndexByte(rest[:blockSize], '\n') + 1
					}
					m.Scan(b.Context(), rest[:end], func(*Match) bool { hits++; return true })
					rest = rest[end:]
				}
			}
			b.ReportMetric(float64(hits), "hits")
			b.ReportMetric(float64(b.N)*float64(text.Len())/1e6/(cpuTime(b)-before).Seconds(), "MB/cpu-s")
		})
	}
}

// cpuTime is what this process has used, user and system: others share the cores.
func cpuTime(b *testing.B) time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		b.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkCompile is a large set: what a reload costs.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{50, 10_000} {
		var file strings.Builder
		for i := range n {
			fmt.Fprintf(&file, "watchfor /unit-%d: (failed|stopped) with code (\\d+)/\n\techo\n", i)
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			for b.Loop() {
				rules, _, err := ParseSwatch("rc", []byte(file.String()), SwatchOptions{})
				if err != nil {
					b.Fatal(err)
				}
				mustCompile(b, rules, Options{})
			}
		})
	}
}
