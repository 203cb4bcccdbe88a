package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/logkeep"
	"monitord/internal/logwatch"
	"monitord/internal/text"
)

// keptLogsDir is where the server keeps whole logs.
func (d dataFlag) keptLogsDir() string { return filepath.Join(d.Data, logsFolder, logwatch.KeptDir) }

// logsGrepCmd looks for lines in the kept logs.
type logsGrepCmd struct {
	dataFlag
	Host       string `short:"H" help:"Only lines of this host." placeholder:"HOST"`
	File       string `help:"Only lines of files whose name, or whole path, is like this; * and ? as in a shell." placeholder:"PATTERN"`
	Since      string `help:"From then on: 2h, 7d, 2026-11-30, '2026-11-30 02:00' or RFC 3339." placeholder:"TIME"`
	Until      string `help:"Until then." placeholder:"TIME"`
	IgnoreCase bool   `short:"i" help:"Upper and lower case are the same."`
	Context    int    `short:"C" help:"Print so many lines of the same file before and behind each." placeholder:"N"`
	Limit      int    `help:"Stop after so many lines; 0 is no limit."`
	JSON       bool   `help:"Print a JSON object a line."`
	Expr       string `arg:"" optional:"" help:"Expression (RE2); none is every line."`
}

// Help is the end of --help.
func (logsGrepCmd) Help() string {
	return `Example: monitord logs grep --data /var/lib/monitord --host db1 --since 2h -C 3 'I/O error|read-only'
Reads the kept logs themselves: the server need not run, nor the host be alive.
Exit codes: 0 found, 1 nothing found or a fault, 2 wrong options.`
}

// Run needs no server.
func (c logsGrepCmd) Run(e *env) error {
	if c.Context < 0 || c.Context > logkeep.MaxContext || c.Limit < 0 {
		fmt.Fprintf(e.stderr, "monitord: got -C %d, --limit %d; want -C 0 to %d, --limit 0 or more\n", c.Context, c.Limit, logkeep.MaxContext)
		return exitCode(exitUsage)
	}
	ask := logkeep.Ask{Host: c.Host, File: c.File, Since: c.Since, Until: c.Until, Expr: c.Expr, Fold: c.IgnoreCase, Context: c.Context, Limit: c.Limit, JSON: c.JSON}
	out := e.stdout
	if isTerminal(e.stderr) {
		bar := &grepProgress{out: e.stdout, err: e.stderr, next: time.Now().Add(progressAfter)}
		defer bar.clear()
		out, ask.Progress = bar, bar.show
	}
	r, err := logkeep.Print(e.ctx, out, c.keptLogsDir(), ask, time.Now())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no logs are kept in %s (want the --data of the server, and keep: {enabled: true} in its section logs)", c.keptLogsDir())
	}
	if err != nil {
		return err
	}
	if r.Damaged > 0 {
		fmt.Fprintf(e.stderr, "note: %d blocks of the kept logs cannot be read: the disk has changed them\n", r.Damaged)
	}
	if r.Lines == 0 {
		return exitCode(exitFailure)
	}
	return nil
}

const (
	// progressAfter is how long a search runs before it says how far it is.
	progressAfter = time.Second
	progressEvery = 250 * time.Millisecond
)

// grepProgress says on a terminal how far a search is, and takes that away
// before anything else is written.
type grepProgress struct {
	out, err io.Writer
	next     time.Time
	shown    bool
}

// show is called after each segment.
func (p *grepProgress) show(r logkeep.Report) {
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next, p.shown = now.Add(progressEvery), true
	fmt.Fprintf(p.err, "\r\x1b[Ksearching: %d of %d pieces, %s read, %d lines found", r.Segments, r.Of, text.FormatBytes(float64(r.Bytes)), r.Lines)
}

func (p *grepProgress) clear() {
	if p.shown {
		io.WriteString(p.err, "\r\x1b[K")
		p.shown = false
	}
}

// Write passes lines on.
func (p *grepProgress) Write(b []byte) (int, error) {
	p.clear()
	return p.out.Write(b)
}

// isTerminal reports whether somebody looks at what is written to w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}
