package checkcli

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"monitord/checks"
	"monitord/internal/text"
)

// worst is the state of all results together; of none it is UNKNOWN.
func worst(results []checks.Result) checks.State {
	if len(results) == 0 {
		return checks.Unknown
	}
	state := results[0].State
	for _, r := range results[1:] {
		if r.State.Worse(state) {
			state = r.State
		}
	}
	return state
}

// writePlugin prints what a Nagios plugin prints: one line with the perfdata
// behind a '|', further results and details below it.
func writePlugin(w io.Writer, cmd command, results []checks.Result) int {
	state := worst(results)
	var lines []string
	for _, r := range results {
		lines = append(lines, line(cmd.language, r))
	}
	head, perf := "", perfdata(results)
	if len(lines) > 0 {
		head = lines[0]
	}
	fmt.Fprintf(w, "%s %s - %s", strings.ToUpper(cmd.kind.Name), state, head)
	if perf != "" {
		fmt.Fprint(w, " | "+perf)
	}
	fmt.Fprintln(w)
	for _, l := range lines[min(1, len(lines)):] {
		fmt.Fprintln(w, l)
	}
	if cmd.verbose {
		details(w, results)
	}
	return state.ExitCode()
}

// line is a summary that fits Nagios' first line: without '|' and line breaks.
func line(lang text.Lang, r checks.Result) string {
	s := text.Default().Render(lang, nil, r.Summary)
	s = strings.NewReplacer("|", "¦", "\n", " ", "\r", " ").Replace(s)
	if r.Item != "" {
		s = r.Item + ": " + s
	}
	return s
}

func details(w io.Writer, results []checks.Result) {
	for _, r := range results {
		if r.Reason != "" {
			fmt.Fprintf(w, "reason: %s\n", r.Reason)
		}
		for _, p := range r.Phases {
			fmt.Fprintf(w, "phase: %s %.6fs\n", p.Name, p.Took.Seconds())
		}
		if len(r.Evidence) > 0 {
			fmt.Fprintf(w, "answer: %q\n", strings.ReplaceAll(string(r.Evidence), "|", "¦"))
		}
	}
}

// perfdata writes 'label'=value[unit];warn;crit;min, blank separated.
// Source: Nagios Plugin Development Guidelines, "Performance data".
func perfdata(results []checks.Result) string {
	var parts []string
	for _, r := range results {
		for _, p := range r.Perf {
			if math.IsNaN(p.Value) || math.IsInf(p.Value, 0) {
				continue
			}
			label := p.Label
			if r.Item != "" {
				label = r.Item + " " + label
			}
			parts = append(parts, onePerf(label, p))
		}
	}
	return strings.Join(parts, " ")
}

// pluginUnit is a base unit as plugins write it, and by what it is multiplied.
func pluginUnit(u checks.Unit) (name string, scale float64) {
	switch u {
	case checks.UnitSeconds:
		return "s", 1
	case checks.UnitBytes:
		return "B", 1
	case checks.UnitRatio:
		return "%", 100
	case checks.UnitCount:
		return "c", 1
	}
	return "", 1
}

func onePerf(label string, p checks.Perf) string {
	unit, scale := pluginUnit(p.Unit)
	s := "'" + strings.NewReplacer("'", "", "=", "_", "|", "_", "\n", " ").Replace(label) + "'=" + number(p.Value, scale, p.Unit) + unit +
		";" + scaledRange(p.Warn, scale) + ";" + scaledRange(p.Crit, scale)
	if unit == "s" || unit == "B" || unit == "%" {
		s += ";" + number(p.Min, scale, checks.UnitNone)
	}
	if unit == "%" {
		s += ";100"
	}
	return s
}

func number(v, scale float64, unit checks.Unit) string {
	if unit == checks.UnitSeconds {
		return strconv.FormatFloat(v*scale, 'f', 6, 64)
	}
	return strconv.FormatFloat(math.Round(v*scale*1e6)/1e6, 'f', -1, 64)
}

func scaledRange(r *checks.Range, scale float64) string {
	if r == nil {
		return ""
	}
	return checks.Range{Start: round(r.Start * scale), End: round(r.End * scale), Inside: r.Inside}.String()
}

func round(v float64) float64 {
	if math.IsInf(v, 0) {
		return v
	}
	return math.Round(v*1e9) / 1e9
}

// jsonResult is a result with its sentence rendered.
type jsonResult struct {
	Item     string        `json:"item,omitempty"`
	State    checks.State  `json:"state"`
	Reason   checks.Reason `json:"reason,omitempty"`
	Text     string        `json:"text"`
	Perf     []checks.Perf `json:"perf,omitempty"`
	Phases   []jsonPhase   `json:"phases,omitempty"`
	Evidence string        `json:"evidence,omitempty"`
}

type jsonPhase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
}

func writeJSON(w io.Writer, cmd command, results []checks.Result) int {
	state := worst(results)
	out := struct {
		Type    string       `json:"type"`
		Host    string       `json:"host"`
		State   checks.State `json:"state"`
		Results []jsonResult `json:"results"`
	}{Type: cmd.kind.Name, Host: cmd.host, State: state, Results: []jsonResult{}}
	for _, r := range results {
		j := jsonResult{
			Item: r.Item, State: r.State, Reason: r.Reason, Perf: r.Perf, Evidence: string(r.Evidence),
			Text: text.Default().Render(cmd.language, nil, r.Summary),
		}
		for _, p := range r.Phases {
			j.Phases = append(j.Phases, jsonPhase{p.Name, p.Took.Seconds()})
		}
		out.Results = append(out.Results, j)
	}
	if err := json.NewEncoder(w).Encode(out); err != nil {
		fmt.Fprintf(w, "UNKNOWN - %v\n", err)
		return exitUsage
	}
	return state.ExitCode()
}
