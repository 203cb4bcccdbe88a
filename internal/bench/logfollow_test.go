package bench

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

const (
	followedLogs  = 200
	linesASecond  = 50_000
	roundsASecond = 10 // a file is written so often
	actEvery      = 2500
)

// BenchmarkLogFollow is the whole program `logs follow` with fifty rules on 200
// files that get 50,000 lines a second in all, of which one in 2,500 starts a
// program. cores is its processor time, user and system, for each second, without
// that of the programs; act is from the write of a line until its program tells
// the time (date of coreutils, its own start included). idle-open is how many
// descriptors of logs are open 75 s after the last line.
func BenchmarkLogFollow(b *testing.B) {
	const length = 20 * time.Second
	dir := b.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	var rules strings.Builder
	rules.WriteString("rules:\n  - {match: 'written at (\\d+) act', exec: [/usr/bin/date, '+$1 %s%N']}\n")
	for _, e := range testlogs.Expressions(50) {
		fmt.Fprintf(&rules, "  - {match: %q, echo: true}\n", e)
	}
	path := writeFile(b, dir, "rules.yaml", rules.String())
	logs := filepath.Join(dir, "logs")
	if err := os.Mkdir(logs, 0o755); err != nil {
		b.Fatal(err)
	}
	w := newLogWriter(b, logs)
	p := start(b, ours(b, "monitord"), "logs", "follow", "--rules", path, "--state", filepath.Join(dir, "state"), filepath.Join(logs, "*.log"))
	w.write(b, 2*time.Second) // all are found and open
	if p.openLogs(b, logs) == 0 {
		b.Fatalf("nothing is followed:\n%s", &p.log)
	}
	before, began := p.cpu(b), time.Now()
	written, acts := w.write(b, length)
	used, took := p.cpu(b)-before, time.Since(began)
	time.Sleep(time.Second) // the last programs
	b.ReportMetric(used.Seconds()/took.Seconds(), "cores")
	b.ReportMetric(float64(written)/took.Seconds(), "lines/s")
	b.ReportMetric(p.rss(b), "RSS-MB")
	b.ReportMetric(float64(p.openLogs(b, logs)), "busy-open")
	time.Sleep(75 * time.Second) // files without news are closed after a minute
	b.ReportMetric(float64(p.openLogs(b, logs)), "idle-open")
	before, began = p.cpu(b), time.Now()
	time.Sleep(10 * time.Second)
	b.ReportMetric((p.cpu(b)-before).Seconds()/time.Since(began).Seconds(), "idle-cores")
	p.cmd.Process.Signal(os.Interrupt)
	if err := p.cmd.Wait(); err != nil {
		b.Fatalf("%v\n%s", err, &p.log)
	}
	waits := waitsOf(b, p.log.String())
	if len(waits) < acts {
		b.Fatalf("%d programs were started for %d lines:\n%.2000s", len(waits), acts, &p.log)
	}
	slices.Sort(waits)
	for q, unit := range map[int]string{50: "act-p50-ms", 99: "act-p99-ms", 100: "act-max-ms"} {
		b.ReportMetric(waits[(len(waits)-1)*q/100].Seconds()*1e3, unit)
	}
	b.ReportMetric(0, "ns/op")
}

// waitsOf reads pairs of nanoseconds: written, and when the program ran.
func waitsOf(b *testing.B, output string) (waits []time.Duration) {
	for line := range strings.Lines(output) {
		from, to, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || len(from) < 19 {
			continue
		}
		x, err := strconv.ParseInt(from, 10, 64)
		y, err2 := strconv.ParseInt(to, 10, 64)
		if err == nil && err2 == nil {
			waits = append(waits, time.Duration(y-x))
		}
	}
	return waits
}

// openLogs counts descriptors of files in a folder.
func (p *program) openLogs(b *testing.B, dir string) (n int) {
	links, err := filepath.Glob(p.proc() + "/fd/*")
	if err != nil {
		b.Fatal(err)
	}
	for _, l := range links {
		if to, err := os.Readlink(l); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// logWriter writes to many files in turn.
type logWriter struct {
	files []*bufio.Writer
	lines int
}

func newLogWriter(b *testing.B, dir string) *logWriter {
	w := &logWriter{}
	for i := range followedLogs {
		f, err := os.OpenFile(filepath.Join(dir, fmt.Sprintf("%03d.log", i)), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { f.Close() })
		w.files = append(w.files, bufio.NewWriterSize(f, 64<<10))
	}
	return w
}

// write writes for a time; each file is due at a moment of its own.
func (w *logWriter) write(b *testing.B, d time.Duration) (lines, acts int) {
	start := time.Now()
	for i := 0; ; i++ {
		due := time.Duration(i) * time.Second / (followedLogs * roundsASecond)
		if due >= d {
			return lines, acts
		}
		time.Sleep(time.Until(start.Add(due)))
		out, now := w.files[i%followedLogs], time.Now()
		stamp := now.UTC().Format(time.RFC3339Nano)
		for range linesASecond / followedLogs / roundsASecond {
			fmt.Fprintf(out, "%s web1 app[4711]: request %d was answered with status 200 in 12 ms", stamp, w.lines)
			if w.lines%actEvery == 0 {
				fmt.Fprintf(out, ", written at %d act", now.UnixNano())
				acts++
			}
			out.WriteByte('\n')
			lines, w.lines = lines+1, w.lines+1
		}
		if err := out.Flush(); err != nil {
			b.Fatal(err)
		}
	}
}
