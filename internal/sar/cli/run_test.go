package cli

import (
	"context"
	"encoding/json"
	"math"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"monitord/internal/sar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, errs strings.Builder
	code = Run(t.Context(), args, &out, &errs)
	return out.String(), errs.String(), code
}

func TestWrongUsageIsToldAndExitsWithTwo(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"", "INTERVAL is missing"},
		{"-u", "INTERVAL is missing"},
		{"-z 1", "-z"},
		{"-u 0", "INTERVAL"},
		{"-u x", "INTERVAL"},
		{"-u 1 0", "COUNT"},
		{"-u 1 2 3", "INTERVAL and COUNT only"},
		{"-P", "-P needs its value"},
		{"-Pu 1", "-P needs its value"},
		{"-P 0 1", "want ALL"},
		{"-n DEV,FOO 1", "FOO"},
		{"--what 1", "--what"},
		{"--compat 9 1", "7, 12.6 or 12.7"},
		{"--snapshots a", "BEFORE,AFTER"},
		{"--snapshots a,b 1", "neither INTERVAL"},
		{"--json=yes 1", "takes no value"},
		{"--compat", "needs a value"},
	} {
		out, errs, code := run(t, strings.Fields(c.args)...)
		if code != 2 || out != "" || !strings.Contains(errs, c.says) {
			t.Errorf("%q: code %d, stdout %q, stderr %q; want 2 and %q", c.args, code, out, errs, c.says)
		}
	}
}

func TestArgumentsAreReadAsSarReadsThem(t *testing.T) {
	f := func(args string, perCPU bool, want ...string) {
		t.Helper()
		c, err := parseArgs(strings.Fields(args))
		if err != nil {
			t.Errorf("%q: %v", args, err)
			return
		}
		if !slices.Equal(c.request.Options, want) || c.request.PerCPU != perCPU {
			t.Errorf("%q: options %q, per CPU %v, want %q, %v", args, c.request.Options, c.request.PerCPU, want, perCPU)
		}
	}
	f("1", false, "-u")
	f("-ur 1 5", false, "-u", "-r")
	f("-ur ALL 1", false, "-u", "-r ALL")
	f("-u ALL -P ALL 1", true, "-u ALL")
	f("-q 1", false, "-q")
	f("-q PSI 1", false, "-q PSI")
	f("-q LOAD,CPU 1", false, "-q", "-q CPU")
	f("-bq ALL 2 2", false, "-b", "-q", "-q PSI")
	f("-n DEV,EDEV -n DEV 1", false, "-n DEV", "-n EDEV")
	f("-BSWwdHv 1", false, "-B", "-S", "-W", "-w", "-d", "-H", "-v")
	if c, err := parseArgs([]string{"-A", "1"}); err != nil || !c.request.PerCPU || !slices.Contains(c.request.Options, "-n SOFT") || slices.Contains(c.request.Options, "-u") {
		t.Errorf("-A: %+v, %v", c, err)
	}
}

func TestSavedTreesAsTextAndJSON(t *testing.T) {
	trees := "testdata/linux-6.18/before,testdata/linux-6.18/after"
	out, errs, code := run(t, "-u", "--snapshots", trees)
	if code != 0 || !strings.Contains(out, "Average:        all     50.00      0.00     25.00      0.00      0.00     25.00\n") {
		t.Errorf("code %d, stderr %q, stdout\n%s", code, errs, out)
	}
	out, errs, code = run(t, "-u", "-b", "-q", "PSI", "--json", "--snapshots="+trees)
	if code != 0 {
		t.Fatalf("code %d, stderr %q", code, errs)
	}
	var got struct {
		Seconds json.Number `json:"interval_seconds"`
		Sar     map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"-u":     `[{"columns":["CPU","%user","%nice","%system","%iowait","%steal","%idle"],"rows":[{"CPU":"all","%user":"50.00","%nice":"0.00","%system":"25.00","%iowait":"0.00","%steal":"0.00","%idle":"25.00"}]}]`,
		"-b":     `[{"columns":["tps","rtps","wtps","dtps","bread/s","bwrtn/s","bdscd/s"],"rows":[{"tps":"150.00","rtps":"100.00","wtps":"50.00","dtps":"0.00","bread/s":"800.00","bwrtn/s":"400.00","bdscd/s":"0.00"}]}]`,
		"-q PSI": `{"error":"Requested activities not available"}`,
	}
	if got.Seconds != "2.00" || len(got.Sar) != len(want) {
		t.Errorf("interval %s, options %d", got.Seconds, len(got.Sar))
	}
	for option, w := range want {
		if string(got.Sar[option]) != w {
			t.Errorf("%s\n got %s\nwant %s", option, got.Sar[option], w)
		}
	}
}

func TestFailuresSayWhatToDo(t *testing.T) {
	if _, errs, code := run(t, "--snapshots", "testdata/linux-6.18/after,testdata/linux-6.18/before"); code != 1 || !strings.Contains(errs, "swap them") {
		t.Errorf("swapped trees: code %d, %q", code, errs)
	}
	if _, errs, code := run(t, "--snapshots", "testdata/none,testdata/none"); code != 1 || !strings.Contains(errs, "testdata/none") {
		t.Errorf("missing trees: code %d, %q", code, errs)
	}
	if _, errs, code := run(t, "-q", "PSI", "--snapshots", "testdata/linux-6.18/before,testdata/linux-6.18/after"); code != 1 || !strings.Contains(errs, "Requested activities not available") {
		t.Errorf("nothing to show: code %d, %q", code, errs)
	}
	if out, _, code := run(t, "--help"); code != 0 || !strings.Contains(out, "Example: probe sar") {
		t.Errorf("help: code %d, %q", code, out)
	}
}

func TestInterruptPrintsAveragesSoFar(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	var out, errs strings.Builder
	if code := Run(ctx, []string{"-u", "1"}, &out, &errs); code != 0 || strings.Count(out.String(), "Average:") != 1 {
		t.Errorf("code %d, stderr %q, stdout\n%s", code, errs.String(), out.String())
	}
}

func TestDisksWithoutSysAreToldByName(t *testing.T) {
	tree := fstest.MapFS{"proc/uptime": {Data: []byte("1.00 1.00\n")}, "proc/diskstats": {Data: []byte(
		" 8 0 sda 1 0 0 0 0 0 0 0 0 0 0\n 8 1 sda1 1 0 0 0 0 0 0 0 0 0 0\n 259 0 nvme0n1 1 0 0 0 0 0 0 0 0 0 0\n" +
			" 259 1 nvme0n1p1 1 0 0 0 0 0 0 0 0 0 0\n 253 0 dm-0 1 0 0 0 0 0 0 0 0 0 0\n")}}
	s, err := readSnapshot(tree)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range s.Disks {
		got = append(got, d.Name+" "+strconv.FormatBool(d.Whole)+" "+strconv.FormatBool(d.Physical))
	}
	want := []string{"sda true true", "sda1 false false", "nvme0n1 true true", "nvme0n1p1 false false", "dm-0 true false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSideBySideWithSar runs the real sar at the same time. Titles and header
// lines must be equal; of the values those that cannot differ by the
// milliseconds between the two readers are compared.
func TestSideBySideWithSar(t *testing.T) {
	if testing.Short() {
		t.Skip("short: runs sar for two seconds")
	}
	if _, err := exec.LookPath("sar"); err != nil {
		t.Fatal("sar is missing: apt-get install --no-install-recommends sysstat")
	}
	args := strings.Fields("-u ALL -P ALL -bBWwSHvd -q ALL -r ALL -n DEV,EDEV,SOCK,IP,EIP,ICMP,EICMP,TCP,ETCP,UDP,SOCK6,IP6,EIP6,ICMP6,EICMP6,UDP6,SOFT 1 2")
	cmd := exec.CommandContext(t.Context(), "sar", args...)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C", "S_COLORS=never")
	type result struct {
		out []byte
		err error
	}
	theirs := make(chan result, 1)
	go func() {
		out, err := cmd.Output()
		theirs <- result{out, err}
	}()
	ours, errs, code := run(t, args...)
	r := <-theirs
	if r.err != nil || code != 0 {
		t.Fatalf("sar: %v; ours: %d %s", r.err, code, errs)
	}
	want, got := averages(string(r.out)), averages(ours)
	if len(want) < 20 {
		t.Fatalf("only %d tables in sar's output:\n%s", len(want), r.out)
	}
	if a, _, _ := strings.Cut(ours, "\n"); !strings.HasPrefix(string(r.out), a+"\n") {
		t.Errorf("title %q, want that of %.80q", a, r.out)
	}
	for i, w := range want {
		if i >= len(got) || got[i].header != w.header {
			t.Fatalf("table %d: header %q, want %q", i, at(got, i).header, w.header)
		}
		compareValues(t, got[i], w)
	}
	if len(got) != len(want) {
		t.Errorf("%d tables, want %d", len(got), len(want))
	}
}

type textTable struct {
	header string
	rows   [][]string
}

func at(list []textTable, i int) textTable {
	if i < len(list) {
		return list[i]
	}
	return textTable{}
}

// averages cuts the last part of the output into tables.
func averages(out string) []textTable {
	var tables []textTable
	fresh := true
	for line := range strings.Lines(out) {
		line = strings.TrimRight(line, "\n")
		rest, ok := strings.CutPrefix(line, "Average:")
		switch {
		case line == "":
			fresh = true
		case ok && fresh:
			tables = append(tables, textTable{header: rest})
			fresh = false
		case ok:
			last := &tables[len(tables)-1]
			last.rows = append(last.rows, strings.Fields(rest))
		default:
			fresh = false
		}
	}
	return tables
}

// compareValues: memory moves by megabytes a second on a machine that builds,
// but not by a twentieth of the whole; names and numbers of rows are exact.
func compareValues(t *testing.T, got, want textTable) {
	columns := strings.Fields(want.header)
	if len(got.rows) != len(want.rows) {
		t.Errorf("%s: %d rows, want %d", want.header, len(got.rows), len(want.rows))
		return
	}
	for i, row := range want.rows {
		for j, column := range columns {
			g, w := got.rows[i][j], row[j]
			switch column {
			case "CPU", "DEV", "IFACE", "kbhugfree", "pty-nr":
				if g != w {
					t.Errorf("%s: row %d is %s, want %s", column, i, g, w)
				}
			case "kbmemfree", "kbavail", "kbcached", "kbslab", "ldavg-15", "kbswpfree", "inode-nr", "dentunusd":
				a, _ := strconv.ParseFloat(g, 64)
				b, _ := strconv.ParseFloat(w, 64)
				if math.Abs(a-b) > 0.05*b+300 {
					t.Errorf("%s = %s, sar says %s", column, g, w)
				}
			}
		}
	}
}

func FuzzParseArgs(f *testing.F) {
	f.Add("-u ALL -P ALL --snapshots=a,b --compat 7 1 2")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := parseArgs(strings.Fields(s))
		if err == nil && !c.help {
			r := c.request
			r.Tables(&sar.Snapshot{}, &sar.Snapshot{}, nil)
		}
	})
}
