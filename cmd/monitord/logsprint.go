package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

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
