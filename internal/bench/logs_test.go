package bench

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// logRun is one program that looks for the same expressions in the same file.
type logRun struct {
	name string
	args func(rules, log string) []string
	size int64 // of the file that it is given: a slow one gets less
}

const mega = 1_000_000

// logRuns are ours first, then the peers of Debian.
var logRuns = []logRun{
	{"monitord", func(r, l string) []string { return []string{"logs", "test", "--rules", r + ".swatch", "--json", l} }, 200 * mega},
	{"rg", func(r, l string) []string { return []string{"-j1", "-c", "-f", r + ".txt", l} }, 200 * mega},
	{"grep", func(r, l string) []string { return []string{"-c", "-E", "-f", r + ".txt", l} }, 200 * mega},
	{"swatchdog", func(r, l string) []string {
		return []string{"--config-file=" + r + ".swatch", "--examine=" + l, "--script-dir=" + filepath.Dir(r)}
	}, 20 * mega},
}

// BenchmarkLogRules is what rules for logs cost: user and system time of a whole
// program, the reading of the file included, at 10, 50 and 100 rules. The log and
// the rules are our own generator's, and those of SHARED/bench/loggen where it is.
// Three rounds of all programs in turn; the median of each is told.
func BenchmarkLogRules(b *testing.B) {
	dir := b.TempDir()
	sources := map[string]string{"own": dir}
	ownLogs(b, dir)
	if shared := sharedLogs(b); shared != "" {
		sources["loggen"] = shared
	}
	for source, at := range sources {
		for _, n := range []int{10, 50, 100} {
			b.Run(fmt.Sprintf("%s/rules=%d", source, n), func(b *testing.B) {
				for b.Loop() {
					measureLogs(b, filepath.Join(at, fmt.Sprintf("rules%d", n)), filepath.Join(at, "syslog.log"))
				}
			})
		}
	}
}

// measureLogs reports MB per CPU second of each program.
func measureLogs(b *testing.B, rules, log string) {
	small := filepath.Join(b.TempDir(), "small.log")
	spent := map[string][]time.Duration{}
	sizes := map[string]int64{}
	for range 3 {
		for _, r := range logRuns {
			path := ""
			if r.name == "monitord" {
				path = ours(b, r.name)
			} else if found, err := exec.LookPath(r.name); err == nil {
				path = found
			} else {
				continue
			}
			file := log
			if r.size < 100*mega {
				headOf(b, log, small, r.size)
				file = small
			}
			info, err := os.Stat(file)
			if err != nil {
				b.Fatal(err)
			}
			sizes[r.name] = info.Size()
			spent[r.name] = append(spent[r.name], cpuOf(b, path, r.args(rules, file)...))
		}
	}
	speed := map[string]float64{}
	for name, times := range spent {
		speed[name] = float64(sizes[name]) / mega / median(times).Seconds()
		b.ReportMetric(speed[name], name+"-MB/cpu-s")
	}
	for _, name := range []string{"rg", "swatchdog"} {
		if speed[name] > 0 {
			b.ReportMetric(speed["monitord"]/speed[name], "x-"+name)
		}
	}
}

func median(times []time.Duration) time.Duration {
	a, b, c := times[0], times[1], times[2]
	return max(min(a, b), min(max(a, b), c))
}

// cpuOf runs a program to its end, children included.
func cpuOf(b *testing.B, path string, args ...string) time.Duration {
	cmd := exec.CommandContext(b.Context(), path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "HOME="+b.TempDir())
	cmd.Stdout = io.Discard // a pipe: grep stops at the first match when it writes to /dev/null
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		b.Fatal(err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// ownLogs writes our generator's log and rules.
func ownLogs(b *testing.B, dir string) {
	f, err := os.Create(filepath.Join(dir, "syslog.log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := testlogs.Write(f, 200*mega, 1); err != nil {
		b.Fatal(err)
	}
	for _, n := range []int{10, 50, 100} {
		var swatch strings.Builder
		list := testlogs.Expressions(n)
		for _, e := range list {
			fmt.Fprintf(&swatch, "watchfor /%s/\n\techo\n", strings.ReplaceAll(e, "/", `\/`))
		}
		writeFile(b, dir, fmt.Sprintf("rules%d.swatch", n), swatch.String())
		writeFile(b, dir, fmt.Sprintf("rules%d.txt", n), strings.Join(list, "\n")+"\n")
	}
}

// sharedLogs lets the shared generator write its log and rules; "" where it is not.
func sharedLogs(b *testing.B) string {
	shared := os.Getenv("SHARED")
	if shared == "" {
		shared = "../../../shared"
	}
	source, err := filepath.Abs(filepath.Join(shared, "bench", "loggen", "main.go"))
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat(source); err != nil {
		return ""
	}
	dir := b.TempDir()
	cmd := exec.CommandContext(b.Context(), "go", "run", source, "-o", filepath.Join(dir, "syslog.log"), "-rules", dir)
	cmd.Dir = dir // the generator needs nothing but Go's library
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Logf("%s: %v: %s", source, err, out)
		return ""
	}
	return dir
}

// headOf copies the first whole lines of a file.
func headOf(b *testing.B, from, to string, size int64) {
	f, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, size)
	n, err := f.Read(buf)
	if err != nil {
		b.Fatal(err)
	}
	end := strings.LastIndexByte(string(buf[:n]), '\n') + 1
	if err := os.WriteFile(to, buf[:end], 0o600); err != nil {
		b.Fatal(err)
	}
}
