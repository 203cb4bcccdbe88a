package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
	"monitord/internal/atomicfile"
	"monitord/internal/rungroup"
	"monitord/internal/trusted"
)

// logsFollowCmd runs rules on files as they are written. Its options are
// swatchdog's too, so that its users' command lines work.
type logsFollowCmd struct {
	Rules    string   `required:"" short:"c" aliases:"config-file" help:"File of rules, ours or swatch's (also --config-file)." placeholder:"FILE"`
	Format   string   `help:"auto, yaml or swatch." enum:"auto,yaml,swatch" default:"auto"`
	TailFile []string `name:"tail-file" short:"t" sep:"none" help:"A file to follow, as swatchdog names it." placeholder:"FILE"`
	UseCPAN  bool     `name:"use-cpan-file-tail" help:"Accepted for swatchdog's command lines; it changes nothing."`
	From     string   `help:"Where to begin in files that are there already: end or beginning." enum:"end,beginning" default:"end"`
	State    string   `help:"Keep here how far was read, and go on from there next time." placeholder:"FILE"`
	Jobs     int      `help:"Lines whose actions may run at a time; 1 keeps the order of the lines." default:"1"`
	DryRun   bool     `name:"dry-run" help:"Print what would be done; do nothing."`
	Files    []string `arg:"" optional:"" help:"Files, or patterns in quotes." name:"file"`
}

// Help is the end of --help.
func (logsFollowCmd) Help() string {
	return `Example: monitord logs follow --rules /etc/monitord/logs.yaml /var/log/syslog '/var/log/app/*.log'
Example: monitord logs follow --use-cpan-file-tail --config-file ~/.swatchdogrc --tail-file=/var/log/syslog
The rules must belong to you or to root, and nobody else may change them. Interrupt (Ctrl-C) ends it; the end, on stderr, tells of every rule its hits and its cost.`
}

// maxLogJobs bounds the programs that run at a time.
const maxLogJobs = 64

// Run needs no server. Exit codes: 0 ended by a signal or by a rule's quit, 1 a
// fault in the rules, or what is printed cannot be written.
func (c logsFollowCmd) Run(e *env) error {
	if c.Jobs < 1 || c.Jobs > maxLogJobs {
		return fmt.Errorf("--jobs: got %d; want 1 to %d", c.Jobs, maxLogJobs)
	}
	cfg, err := c.files()
	if err != nil {
		return err
	}
	read := trustedRead
	if c.DryRun {
		read = os.ReadFile
	}
	if c.Format == "auto" {
		data, err := read(c.Rules)
		if err != nil {
			return fmt.Errorf("read rules: %w", err)
		}
		c.Format = guessLogFormat(c.Rules, string(data))
	}
	set, notes, err := readLogRulesBy(read, c.Rules, c.Format, false, logs.ByArrival)
	if err != nil {
		return err
	}
	stderr := &lockedWriter{w: e.stderr}
	for _, n := range notes {
		fmt.Fprintln(stderr, "note:", n)
	}
	acts, err := c.actions(&lockedWriter{w: e.stdout}, stderr)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(e.ctx)
	defer stop()
	start := time.Now()
	t := &logsFollow{
		cmd: c, stop: stop, stderr: stderr, matchers: map[string]*logs.Matcher{}, faults: map[string]string{},
		tracker: logs.NewTracker(set, logs.Deps{Sentence: sentences()}, start),
	}
	t.follower, err = logfile.New(cfg, logfile.Deps{Logger: slog.New(slog.NewTextHandler(stderr, nil)), Now: time.Now, Sink: t.take, State: c.State})
	if err != nil {
		return err
	}
	t.queue = newLogQueue(acts, c.Jobs, t.follower.Ack)
	t.restore()
	err = rungroup.Stages(ctx,
		[]rungroup.Runner{{Name: "follow logs", Run: t.follower.Run}, {Name: "keep time of rules", Run: t.tick}},
		[]rungroup.Runner{{Name: "act", Run: t.queue.Run}},
	)
	err = errors.Join(err, t.follower.Save(), t.save())
	if n := t.queue.left(); n > 0 {
		fmt.Fprintf(stderr, "monitord: the actions of %d lines were not carried out%s\n", n, c.again())
	}
	return errors.Join(err, writeLogStats(stderr, t.tracker.Stats(), time.Since(start), 0))
}

// again says what becomes of what was left.
func (c logsFollowCmd) again() string {
	if c.State == "" {
		return " (with --state they would be next time)"
	}
	return ": they are next time"
}

// files is what is followed.
func (c logsFollowCmd) files() (logfile.Config, error) {
	cfg := logfile.DefaultConfig()
	for _, name := range append(c.TailFile, c.Files...) {
		abs, err := filepath.Abs(name)
		if err != nil {
			return cfg, err
		}
		src := logfile.DefaultSource(abs)
		src.From = c.From
		cfg.Files = append(cfg.Files, src)
	}
	if len(cfg.Files) == 0 {
		return cfg, errors.New("there is no file to follow: name one, such as /var/log/syslog")
	}
	return cfg, nil
}

// actions are real ones, or are only printed.
func (c logsFollowCmd) actions(out, errs io.Writer) (*logActions, error) {
	if c.DryRun {
		return &logActions{out: out, err: errs}, nil
	}
	return newLogActions(c.Rules, c.Format == "swatch", out, errs)
}

// trustedRead reads a file that only the caller or root can have written.
func trustedRead(path string) ([]byte, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := trusted.File(abs); err != nil {
		return nil, fmt.Errorf("rules whose programs shall run must belong to you or to root, and nobody else may change them: %w", err)
	}
	return os.ReadFile(abs)
}

// logsFollow is one run.
type logsFollow struct {
	cmd      logsFollowCmd
	stop     context.CancelFunc // a rule said quit
	stderr   io.Writer
	tracker  *logs.Tracker
	follower *logfile.Follower
	queue    *logQueue
	matchers map[string]*logs.Matcher // by path; only the follower's reader has them
	text     []byte
	ended    bool              // a rule said quit
	faults   map[string]string // by path, as they were told
	told     bool              // that it follows
}

// maxMatchers bounds the files whose context is remembered.
const maxMatchers = 4096

// take runs the rules on lines. While the queue is full it waits: the file keeps
// what comes meanwhile.
func (t *logsFollow) take(ctx context.Context, b logfile.Batch) error {
	for i := range b.Lines {
		l := &b.Lines[i]
		t.text = append(t.text[:0], l.Text...)
		var actions []logs.Action
		t.ended = !t.matcher(l.Source).Line(ctx, logs.Line{Source: "file", File: l.Source, Text: t.text, Cut: l.Cut, Received: l.At},
			func(m *logs.Match) bool {
				actions = append(actions, t.actionsOf(m)...)
				return !quits(m)
			})
		if len(actions) > 0 {
			if err := t.queue.add(ctx, actions, positionAt(b.Position, l.Next)); err != nil {
				return err
			}
		}
		if t.ended { // the lines behind are for the next time
			t.stop()
			<-ctx.Done()
			return ctx.Err()
		}
	}
	t.queue.read(b.Position)
	return nil
}

func (t *logsFollow) matcher(path string) *logs.Matcher {
	m := t.matchers[path]
	if m == nil {
		if len(t.matchers) >= maxMatchers {
			clear(t.matchers)
		}
		m = logs.NewMatcher(t.tracker, logs.Line{Source: "file", File: path}, time.Now)
		t.matchers[path] = m
	}
	return m
}

// actionsOf is what is to be done, or with --dry-run that it is printed.
func (t *logsFollow) actionsOf(m *logs.Match) []logs.Action {
	if !t.cmd.DryRun {
		return m.Actions
	}
	text := strings.TrimSuffix(plainMatch(m, len(t.cmd.Files)+len(t.cmd.TailFile) > 1, sentences()), "\n")
	return []logs.Action{{Kind: logs.ActionEcho, Text: text}}
}

func quits(m *logs.Match) bool {
	for _, a := range m.Actions {
		if a.Kind == logs.ActionQuit {
			return true
		}
	}
	return false
}

// positionAt is the position of a batch moved back to one of its lines. What it
// has no fingerprints of is not compared at the next start.
func positionAt(p logfile.Position, next int64) logfile.Position {
	if next == p.Offset {
		return p
	}
	p.Offset, p.Skip, p.Anchor = next, false, logfile.Print{}
	if int64(p.Head.Len) > next {
		p.Head = logfile.Print{}
	}
	return p
}

// snapshotEvery is how often the memory of rules is saved.
const snapshotEvery = 10 * time.Second

// tick tells what became due by itself, and how files are.
func (t *logsFollow) tick(ctx context.Context) error {
	second, save := time.NewTicker(time.Second), time.NewTicker(snapshotEvery)
	defer second.Stop()
	defer save.Stop()
	first := time.NewTicker(10 * time.Millisecond) // until it follows
	defer first.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-first.C:
			if t.status(); t.told {
				first.Stop()
			}
		case now := <-second.C:
			t.status()
			t.due(ctx, now)
		case <-save.C:
			if err := t.save(); err != nil {
				fmt.Fprintln(t.stderr, "monitord:", err)
			}
		}
	}
}

func (t *logsFollow) due(ctx context.Context, now time.Time) {
	t.tracker.Tick(now, func(m *logs.Match) {
		if actions := t.actionsOf(m); len(actions) > 0 {
			// It fails only at the end, and then left counts it.
			_ = t.queue.add(ctx, actions, logfile.Position{})
		}
		if quits(m) {
			t.stop()
		}
	})
}

// maxStatus is how many files are told of.
const maxStatus = 100

// status tells when the following has begun, and when a file cannot be read.
func (t *logsFollow) status() {
	total, files := t.follower.Stats(maxStatus)
	for _, f := range files {
		fault := f.Fault
		if f.Missing {
			fault = "is not there; it will be read when it comes"
		}
		if fault != t.faults[f.Path] {
			t.faults[f.Path] = fault
			if fault == "" {
				fault = "is read"
			}
			fmt.Fprintf(t.stderr, "monitord: %s: %s\n", f.Path, fault)
		}
	}
	if !t.told && total.Files > 0 {
		t.told = true
		fmt.Fprintf(t.stderr, "monitord: follows %d files\n", total.Files)
	}
}

// memory is the file beside the positions in which rules remember.
func (t *logsFollow) memory() string { return t.cmd.State + ".rules" }

// restore takes over what the rules knew last time.
func (t *logsFollow) restore() {
	if t.cmd.State == "" {
		return
	}
	raw, err := os.ReadFile(t.memory())
	if err == nil {
		err = t.tracker.Restore(raw, time.Now())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(t.stderr, "note:", err)
	}
}

func (t *logsFollow) save() error {
	if t.cmd.State == "" {
		return nil
	}
	raw, err := t.tracker.Snapshot()
	if err != nil {
		return err
	}
	return atomicfile.Write(t.memory(), raw)
}

// lockedWriter keeps what several programs print apart.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes all of b at once.
func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
