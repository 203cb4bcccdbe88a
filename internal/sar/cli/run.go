package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"time"

	"monitord/internal/sar"
)

const usage = `Usage: probe sar [OPTION…] INTERVAL [COUNT]
       probe sar [OPTION…] --snapshots BEFORE,AFTER

Prints sysstat's tables of this machine: every INTERVAL seconds, COUNT times
(without COUNT until interrupted), and the averages at the end.

  -u [ALL]      CPU use (the default); ALL splits interrupts and guests off
  -P ALL        a line per processor
  -b -d         I/O of all disks together, of each disk
  -B -W         paging, swapping
  -r [ALL] -S   memory, swap space        -H  huge pages
  -w -q [WORD]  processes and switches, run queue and load
                (WORD: LOAD, CPU, IO, MEM, PSI, ALL; the others are pressure)
  -v            kernel tables
  -n WORD,…     network: DEV EDEV SOCK IP EIP ICMP EICMP TCP ETCP UDP
                SOCK6 IP6 EIP6 ICMP6 EICMP6 UDP6 SOFT ALL
  -A            all of the above
  --json        one JSON object: interval_seconds, and per option its tables
  --compat V    columns and formulas of sysstat 7, 12.6 or 12.7
                (live: 12.6, saved trees: 12.7)
  --snapshots BEFORE,AFTER
                compute from two saved trees that hold proc/ and sys/;
                -d then shows partitions as well

Example: probe sar -u -b -r 1 5
`

// Run is the verb. It returns the exit code: 0, 1 when it failed, 2 on wrong
// usage. When ctx ends while it waits, the averages so far are printed.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd, err := parseArgs(args)
	if err != nil {
		fmt.Fprintf(stderr, "sar: %v\n", err)
		return 2
	}
	if cmd.help {
		fmt.Fprint(stdout, usage)
		return 0
	}
	if cmd.before != "" {
		err = runSnapshots(cmd, stdout)
	} else {
		err = runLive(ctx, cmd, stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "sar: %v\n", err)
		return 1
	}
	return 0
}

// errNothing is sar's own sentence.
var errNothing = errors.New("Requested activities not available") //nolint:staticcheck // sar's words

func runSnapshots(cmd command, stdout io.Writer) error {
	trees := [2]fs.FS{os.DirFS(cmd.before), os.DirFS(cmd.after)}
	var s [2]*sar.Snapshot
	for i, dir := range [2]string{cmd.before, cmd.after} {
		got, err := readSnapshot(trees[i])
		if err != nil {
			return fmt.Errorf("%s: %w", dir, err)
		}
		s[i] = got
	}
	if s[1].Uptime <= s[0].Uptime {
		return fmt.Errorf("uptime of %s is not later than that of %s: swap them, or there was a reboot in between", cmd.after, cmd.before)
	}
	p := &printer{w: stdout, cmd: cmd, tree: trees[1], now: func() time.Time { return time.Time{} }}
	p.start(s[0])
	if err := p.interval(s[1], clock(s[0]), clock(s[1])); err != nil {
		return err
	}
	return p.finish()
}

// clock is the wall clock of a snapshot, from the boot time and the uptime.
func clock(s *sar.Snapshot) string {
	if s.Stat == nil {
		return "00:00:00"
	}
	return time.Unix(int64(s.Stat.Btime+s.Uptime/100), 0).Format(time.TimeOnly)
}

func runLive(ctx context.Context, cmd command, stdout io.Writer) error {
	tree := os.DirFS("/")
	before, err := readSnapshot(tree)
	if err != nil {
		return err
	}
	p := &printer{w: stdout, cmd: cmd, tree: tree, now: time.Now}
	p.start(before)
	ticker := time.NewTicker(cmd.interval)
	defer ticker.Stop()
	from := time.Now().Format(time.TimeOnly)
	for i := 0; cmd.count == 0 || i < cmd.count; i++ {
		select {
		case <-ctx.Done():
			return p.finish()
		case <-ticker.C:
		}
		s, err := readSnapshot(tree)
		if err != nil {
			return err
		}
		to := time.Now().Format(time.TimeOnly)
		if err := p.interval(s, from, to); err != nil {
			return err
		}
		from = to
	}
	return p.finish()
}

// printer keeps what the averages need.
type printer struct {
	w           io.Writer
	cmd         command
	tree        fs.FS
	now         func() time.Time
	first, last *sar.Snapshot
	gauges      sar.Gauges
	intervals   []report
	titled      bool // the one header line of a single table was printed
}

// report is the JSON of one interval, or of the whole run.
type report struct {
	Seconds   json.Number    `json:"interval_seconds"`
	Sar       map[string]any `json:"sar"`
	Intervals []report       `json:"intervals,omitempty"`
}

func (p *printer) start(s *sar.Snapshot) { p.first, p.last = s, s }

// interval prints the tables from the last snapshot to this one.
func (p *printer) interval(s *sar.Snapshot, from, to string) error {
	before := p.last
	p.last = s
	p.gauges.Add(s)
	tables, missing := p.cmd.request.Tables(before, s, nil)
	if len(tables) == 0 && !p.cmd.json {
		return errNothing
	}
	if p.cmd.json {
		p.intervals = append(p.intervals, newReport(before, s, tables, missing))
		if len(p.intervals) > maxIntervals {
			p.intervals = p.intervals[1:]
		}
		return nil
	}
	if before == p.first {
		fmt.Fprint(p.w, p.title())
	}
	return p.print(tables, from, to)
}

// maxIntervals bounds what --json keeps of a run that does not end.
const maxIntervals = 100_000

func (p *printer) print(tables []sar.Table, from, to string) error {
	repeat := len(tables) > 1 || tables[0].PerItem()
	for _, t := range tables {
		if err := t.WriteText(p.w, from, to, repeat || !p.titled); err != nil {
			return err
		}
	}
	p.titled = true
	return nil
}

// finish prints the averages of the whole run; nothing when there was no interval.
func (p *printer) finish() error {
	if p.first == p.last {
		return nil
	}
	tables, missing := p.cmd.request.Tables(p.first, p.last, &p.gauges)
	if !p.cmd.json {
		return p.print(tables, "Average:", "Average:")
	}
	r := newReport(p.first, p.last, tables, missing)
	if len(p.intervals) > 1 {
		r.Intervals = p.intervals
	}
	return json.NewEncoder(p.w).Encode(r)
}

func newReport(before, after *sar.Snapshot, tables []sar.Table, missing []string) report {
	hundredths := after.Uptime - before.Uptime
	r := report{
		Seconds: json.Number(fmt.Sprintf("%d.%02d", hundredths/100, hundredths%100)),
		Sar:     map[string]any{},
	}
	for _, t := range tables {
		list, _ := r.Sar[t.Option].([]sar.Table)
		r.Sar[t.Option] = append(list, t)
	}
	for _, option := range missing {
		r.Sar[option] = map[string]string{"error": errNothing.Error()}
	}
	return r
}

// title is sar's first line: kernel, host, date, architecture, processors.
func (p *printer) title() string {
	read := func(path string) string {
		b, err := fs.ReadFile(p.tree, "proc/sys/kernel/"+path)
		if err != nil {
			return "?"
		}
		return strings.TrimSpace(string(b))
	}
	when := p.now()
	if when.IsZero() && p.last.Stat != nil {
		when = time.Unix(int64(p.last.Stat.Btime+p.last.Uptime/100), 0)
	}
	cpus := 1
	if p.last.Stat != nil {
		cpus = max(len(p.last.Stat.CPUs), 1)
	}
	return fmt.Sprintf("Linux %s (%s) \t%s \t_%s_\t(%d CPU)\n",
		read("osrelease"), read("hostname"), when.Format("01/02/06"), machine(), cpus)
}

// machine is the architecture as uname -m names it.
func machine() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x86_64"
	case "arm64":
		return "aarch64"
	case "386":
		return "i686"
	}
	return runtime.GOARCH
}
