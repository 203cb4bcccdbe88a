package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"monitord/checks/logs"
	"monitord/internal/text"
)

// logsCmd is everything about rules for logs.
type logsCmd struct {
	Test   logsTestCmd   `cmd:"" help:"Print what the rules find in files; nothing is done."`
	Follow logsFollowCmd `cmd:"" help:"Run the rules on files that are being written, and do what they say."`
	Clear  logsClearCmd  `cmd:"" help:"End what a line has raised, in the running server."`
	Grep   logsGrepCmd   `cmd:"" help:"Search the logs that the server keeps whole (logs: keep)."`
}

// logsTestCmd tries rules on files.
type logsTestCmd struct {
	Rules   string   `required:"" help:"File of rules, ours or swatch's." placeholder:"FILE"`
	Format  string   `help:"auto, yaml or swatch." enum:"auto,yaml,swatch" default:"auto"`
	Awk     bool     `name:"awk-field-syntax" help:"In swatch's rules $N is a word of the line."`
	JSON    bool     `help:"Print a JSON object a match."`
	MaxLine int      `help:"Cut lines behind so many bytes." default:"65536"`
	Files   []string `arg:"" optional:"" help:"Files; - or none is standard input." name:"file"`
}

// Help is the end of --help.
func (logsTestCmd) Help() string {
	return `Example: monitord logs test --rules /etc/monitord/logs.yaml /var/log/syslog
The end, on stderr, tells of every rule its hits, its hits a day and what it costs for each line read.`
}

// Run needs no server. Exit codes: 0 read, 1 a fault in the rules or a file.
func (c logsTestCmd) Run(e *env) error {
	if c.MaxLine < 80 || c.MaxLine > 16<<20 {
		return fmt.Errorf("--max-line: got %d; want 80 to 16777216", c.MaxLine)
	}
	set, notes, err := readLogRules(c.Rules, c.Format, c.Awk, logs.ByLine)
	if err != nil {
		return err
	}
	for _, n := range notes {
		fmt.Fprintln(e.stderr, "note:", n)
	}
	out := bufio.NewWriterSize(e.stdout, 64<<10)
	t := logsTest{cmd: c, set: set, out: out, json: json.NewEncoder(out)}
	t.json.SetEscapeHTML(false)
	files := c.Files
	if len(files) == 0 {
		files = []string{"-"}
	}
	var faults []error
	for _, name := range files {
		if err := t.file(e, name); err != nil {
			faults = append(faults, err)
		}
		if t.done {
			break
		}
	}
	if err := errors.Join(append(faults, t.err, out.Flush())...); err != nil {
		return err
	}
	t.begin(logs.Block{}) // every file may have been empty
	return t.summary(e.stderr)
}

// swatchStart is how a file of swatch's begins, comments apart.
var swatchStart = regexp.MustCompile(`(?i)^\s*(?:watchfor|waitfor|ignore|perlcode|include)(?:\s*=\s*|\s+)[^\s:]`)

// readLogRules compiles a file of rules.
func readLogRules(path, format string, awk bool, clock logs.Clock) (*logs.Set, []logs.Note, error) {
	return readLogRulesBy(os.ReadFile, path, format, awk, clock)
}

// readLogRulesBy reads the file, and what it includes, by read.
func readLogRulesBy(read func(string) ([]byte, error), path, format string, awk bool, clock logs.Clock) (*logs.Set, []logs.Note, error) {
	data, err := read(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read rules: %w", err)
	}
	if format == "auto" {
		format = guessLogFormat(path, string(data))
	}
	if format == "swatch" {
		rules, notes, err := logs.ParseSwatch(path, data, logs.SwatchOptions{AwkFields: awk, Read: read})
		if err != nil {
			return nil, nil, err
		}
		set, err := logs.Compile(rules, logs.Options{Clock: logs.ByArrival, KeepCR: true})
		return set, notes, err
	}
	rules, err := logs.ParseYAML(path, data)
	if err != nil {
		return nil, nil, err
	}
	set, err := logs.Compile(rules, logs.Options{Clock: clock})
	return set, nil, err
}

func guessLogFormat(path, data string) string {
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		return "yaml"
	}
	for line := range strings.Lines(data) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			if swatchStart.MatchString(line) {
				return "swatch"
			}
			break
		}
	}
	return "yaml"
}

// sentences writes messages in English for the text of actions.
func sentences() func(text.Message) string {
	cat := text.Default()
	return func(m text.Message) string { return cat.Render(text.English, time.Local, m) }
}

// logsTest is one run over files.
type logsTest struct {
	cmd     logsTestCmd
	set     *logs.Set
	tracker *logs.Tracker
	out     *bufio.Writer
	json    *json.Encoder
	tuned   *logs.Set
	first   time.Time // of the lines' own times
	last    time.Time
	dropped int64
	done    bool // a rule said quit
	err     error
}

// file reads one.
func (t *logsTest) file(e *env, name string) error {
	in, stream := e.stdin, logs.Line{Source: "file", File: name}
	if name == "-" {
		stream = logs.Line{Source: "stdin"}
	} else {
		f, err := os.Open(name)
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		defer f.Close()
		in = f
	}
	if in == nil {
		in = strings.NewReader("")
	}
	blocks := logs.NewBlocks(in, t.cmd.MaxLine)
	var m *logs.Matcher
	for !t.done {
		b, err := blocks.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read log %s: %w", name, err)
		}
		if err := e.ctx.Err(); err != nil {
			return err
		}
		if m == nil {
			t.begin(b)
			m = logs.NewMatcher(t.tracker, stream, time.Now)
			m.Use(t.tuned)
		}
		t.block(e.ctx, m, b)
	}
	t.dropped += blocks.Dropped()
	return nil
}

// begin makes ready for the first block: literals are chosen for it, and the clock
// of expectations starts with its first line.
func (t *logsTest) begin(b logs.Block) {
	if t.tracker != nil {
		return
	}
	t.tuned = t.set.Tuned(b.Text)
	start := time.Now()
	if at, ok := logs.TimeOf(b.Text, start); ok {
		start, t.first = at, at
	}
	t.tracker = logs.NewTracker(t.set, logs.Deps{Sentence: sentences()}, start)
}

// block runs the rules on one block, and then what became due by it.
func (t *logsTest) block(ctx context.Context, m *logs.Matcher, b logs.Block) {
	if b.Cut {
		t.done = !m.Line(ctx, logs.Line{Text: b.Text, Cut: true, Received: time.Now()}, t.print)
	} else {
		t.done = !m.Scan(ctx, b.Text, t.print)
	}
	now := time.Now()
	if at, ok := logs.TimeOfLast(b.Text, now); ok {
		t.last = at
		if t.set.Clock() == logs.ByLine {
			now = at
		}
	} else if t.set.Clock() == logs.ByLine {
		return // no clock moves
	}
	t.tracker.Tick(now, func(m *logs.Match) { t.done = !t.print(m) || t.done })
}
