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
	"text/tabwriter"
	"time"

	"monitord/checks/logs"
	"monitord/internal/text"
)

// logsCmd is everything about rules for logs.
type logsCmd struct {
	Test   logsTestCmd   `cmd:"" help:"Print what the rules find in files; nothing is done."`
	Follow logsFollowCmd `cmd:"" help:"Run the rules on files that are being written, and do what they say."`
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
	if at, ok := logs.TimeOfLast(b.Text, time.Now()); ok {
		t.last = at
		t.tracker.Tick(at, func(m *logs.Match) { t.done = !t.print(m) || t.done })
	}
}

// matchJSON is the form that scripts read.
type matchJSON struct {
	File    string            `json:"file,omitempty"`
	Line    int64             `json:"line"`
	Rule    string            `json:"rule"`
	Kind    logs.Kind         `json:"kind"`
	Text    string            `json:"text"`
	Cut     bool              `json:"cut,omitempty"`
	Groups  map[string]string `json:"groups"`
	Actions []logs.Action     `json:"actions"`
	Samples []logs.Sample     `json:"samples,omitempty"`
	Service string            `json:"service,omitempty"`
	State   string            `json:"state,omitempty"`
}

// print writes one match; false when the rule ends the program.
func (t *logsTest) print(m *logs.Match) bool {
	quit := false
	for _, a := range m.Actions {
		quit = quit || a.Kind == logs.ActionQuit
	}
	if t.cmd.JSON {
		t.err = errors.Join(t.err, t.json.Encode(toJSON(m)))
	} else {
		_, err := io.WriteString(t.out, plainMatch(m, len(t.cmd.Files) > 1, sentences()))
		t.err = errors.Join(t.err, err)
	}
	return !quit && t.err == nil
}

func toJSON(m *logs.Match) matchJSON {
	j := matchJSON{File: m.Line.File, Line: m.Line.Number, Rule: m.Rule, Kind: m.Kind, Text: string(m.Line.Text), Cut: m.Line.Cut,
		Groups: m.Groups, Actions: m.Actions, Samples: m.Samples, Service: m.Service}
	if j.Groups == nil {
		j.Groups = map[string]string{}
	}
	if j.Actions == nil {
		j.Actions = []logs.Action{}
	}
	if m.Service != "" {
		j.State = m.State.String()
	}
	return j
}

// plainMatch is a match for people: place, rule, line, and what would be done.
func plainMatch(m *logs.Match, files bool, sentence func(text.Message) string) string {
	var b strings.Builder
	if m.Line.Number == 0 { // nothing came: that is the news
		b.WriteString("-: ")
	} else if files {
		fmt.Fprintf(&b, "%s:%d: ", m.Line.File, m.Line.Number)
	} else {
		fmt.Fprintf(&b, "%d: ", m.Line.Number)
	}
	if m.Kind == logs.KindMatch {
		fmt.Fprintf(&b, "[%s] %s\n", m.Rule, m.Message)
	} else {
		b.WriteString(sentence(m.Say()) + "\n")
	}
	for _, a := range m.Actions {
		b.WriteString("    would " + describeAction(a) + "\n")
	}
	return b.String()
}

func describeAction(a logs.Action) string {
	switch a.Kind {
	case logs.ActionExec, logs.ActionPipe:
		return fmt.Sprintf("%s %q", a.Kind, a.Argv)
	case logs.ActionMail, logs.ActionWrite:
		return strings.TrimSpace(fmt.Sprintf("%s %s", a.Kind, strings.Join(a.To, " ")))
	}
	return string(a.Kind)
}

// summary tells of every rule.
func (t *logsTest) summary(w io.Writer) error {
	return writeLogStats(w, t.tracker.Stats(), t.last.Sub(t.first), t.dropped)
}

// writeLogStats tells what rules found in a span of time, and what they cost.
func writeLogStats(w io.Writer, s logs.Stats, span time.Duration, dropped int64) error {
	days := span.Hours() / 24
	fmt.Fprintf(w, "%d lines, %d bytes", s.Lines, s.Bytes)
	if s.Cut > 0 {
		fmt.Fprintf(w, ", %d cut (%d bytes dropped)", s.Cut, dropped)
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "hits\thits/day\ttold\ttried\tcost/line\trule")
	for _, r := range s.Rules {
		perDay := "-"
		if days > 0 {
			perDay = fmt.Sprintf("%.3g", float64(r.Hits)/days)
		}
		mark := ""
		if r.Timeouts > 0 {
			mark = fmt.Sprintf("  (out of time on %d lines)", r.Timeouts)
		}
		if r.Suspended {
			mark += "  SUSPENDED: the expression backtracks without end; rewrite it"
		}
		fmt.Fprintf(tw, "%d\t%s\t%d\t%d\t%s\t%s%s\n", r.Hits, perDay, r.Told, r.Tries, costPerLine(s, r), r.Rule, mark)
	}
	return tw.Flush()
}

// costPerLine has three digits: a fraction of a nanosecond is usual.
func costPerLine(s logs.Stats, r logs.RuleStats) string {
	if s.Lines == 0 {
		return "-"
	}
	return fmt.Sprintf("%.3g ns", float64(r.Spent.Nanoseconds())/float64(s.Lines))
}
