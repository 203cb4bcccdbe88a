package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"monitord/checks/logs"
	"monitord/internal/text"
)

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
	if t.cmd.Stats {
		return !quit
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

// ruleJSON is a rule of --stats for scripts.
type ruleJSON struct {
	Rule        string   `json:"rule"`
	Place       string   `json:"place,omitempty"`
	Hits        int64    `json:"hits"`
	HitsPerDay  *float64 `json:"hits_per_day"` // null: the lines have no times
	Told        int64    `json:"told"`
	Tries       int64    `json:"tries"`
	CostSeconds float64  `json:"cost_seconds_per_line"`
	Timeouts    int64    `json:"timeouts,omitempty"`
	Suspended   bool     `json:"suspended,omitempty"`
}

// summary tells of every rule: on standard output when it is all that was asked
// for.
func (t *logsTest) summary(e *env) error {
	s, span := t.tracker.Stats(), t.last.Sub(t.first)
	if !t.cmd.Stats {
		return writeLogStats(e.stderr, s, span, t.dropped)
	}
	if !t.cmd.JSON {
		return writeLogStats(e.stdout, s, span, t.dropped)
	}
	out := make([]ruleJSON, 0, len(s.Rules))
	for _, r := range s.Rules {
		j := ruleJSON{Rule: r.Rule, Hits: r.Hits, Told: r.Told, Tries: r.Tries, Timeouts: r.Timeouts, Suspended: r.Suspended}
		if r.Place.Line > 0 {
			j.Place = fmt.Sprintf("%s:%d", r.Place.File, r.Place.Line)
		}
		if days := span.Hours() / 24; days > 0 {
			perDay := float64(r.Hits) / days
			j.HitsPerDay = &perDay
		}
		if s.Lines > 0 {
			j.CostSeconds = r.Spent.Seconds() / float64(s.Lines)
		}
		out = append(out, j)
	}
	return json.NewEncoder(e.stdout).Encode(map[string]any{"lines": s.Lines, "bytes": s.Bytes, "cut": s.Cut, "rules": out})
}

// writeLogStats tells what rules found in a span of time, and what they cost.
func writeLogStats(w io.Writer, s logs.Stats, span time.Duration, dropped int64) error {
	days := span.Hours() / 24
	fmt.Fprintf(w, "%s lines, %s", text.FormatCount(s.Lines), text.FormatBytes(float64(s.Bytes)))
	if s.Cut > 0 {
		fmt.Fprintf(w, ", %d cut (%d bytes dropped)", s.Cut, dropped)
	}
	fmt.Fprintln(w)
	rows := [][]string{{"HITS", "A DAY", "TOLD", "TRIED", "COST/LINE", "RULE"}}
	for _, r := range s.Rules {
		perDay := "-"
		if days > 0 {
			perDay = text.FormatNum(float64(r.Hits) / days)
		}
		mark := ""
		if r.Timeouts > 0 {
			mark = fmt.Sprintf("  (out of time on %d lines)", r.Timeouts)
		}
		if r.Suspended {
			mark += "  SUSPENDED: the expression backtracks without end; rewrite it"
		}
		rows = append(rows, []string{text.FormatCount(r.Hits), perDay, text.FormatCount(r.Told), text.FormatCount(r.Tries), costPerLine(s, r), oneLineOf(r.Rule) + mark})
	}
	return writeColumns(w, rows)
}

// writeColumns writes a table: numbers end, words begin below one another.
func writeColumns(w io.Writer, rows [][]string) error {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row[:len(row)-1] {
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)) + cell + "  ")
		}
		b.WriteString(row[len(row)-1] + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// oneLineOf keeps a rule's name from steering the terminal.
func oneLineOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}

// costPerLine has three digits at most: a fraction of a nanosecond is usual.
func costPerLine(s logs.Stats, r logs.RuleStats) string {
	if s.Lines == 0 {
		return "-"
	}
	nanos := float64(r.Spent.Nanoseconds()) / float64(s.Lines)
	if nanos >= 1000 {
		return text.FormatNum(nanos/1000) + " µs"
	}
	return text.FormatNum(nanos) + " ns"
}
