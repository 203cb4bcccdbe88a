package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/alerting/availability"
	"monitord/internal/text"
)

// availCmd asks how available services and trees were.
type availCmd struct {
	dataFlag
	Month    string `help:"This month, such as 2026-11; default the present one." placeholder:"MONTH"`
	Since    string `help:"From this day (2026-11-01), month or moment (RFC 3339) on." placeholder:"TIME"`
	Until    string `help:"Until then; default now." placeholder:"TIME"`
	Host     string `help:"Only the services of this host."`
	Service  string `help:"Only this one, such as 'web1/filesystem[/var]'."`
	Tree     string `help:"Only this tree of the configuration, and what it stands on." placeholder:"NAME"`
	Downtime string `help:"Planned downtime: counted, or excluded (left out, up or down); default as configured." placeholder:"MODE"`
	Limit    int    `default:"1000" help:"At most so many services, the worst."`
	JSON     bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (availCmd) Help() string {
	return "Example: monitord availability --month 2026-11 --tree shop --downtime excluded"
}

// availFigures is what the server tells of one service or node in one span.
type availFigures struct {
	Availability *float64           `json:"availability"`
	Down         float64            `json:"down_seconds"`
	Failures     int                `json:"failures"`
	MTBF         *float64           `json:"mtbf_seconds"`
	MTTR         *float64           `json:"mttr_seconds"`
	Planned      float64            `json:"planned_seconds"`
	NotKnown     float64            `json:"not_known_seconds"`
	Why          map[string]float64 `json:"not_known"`
}

type availNode struct {
	Kind, Service string
	Need          int
	Measured      availFigures
	Computed      *float64
	Of            []availNode
}

// availAnswer is what the server answers.
type availAnswer struct {
	From, To       time.Time
	Zone           string
	Down, Downtime string
	Months         []struct{ Month string }
	Found          int
	Services       []struct {
		Service string
		Total   availFigures
		Months  []availFigures
	}
	Trees []struct {
		Tree   string
		Total  availNode
		Months []struct {
			Measured availFigures
			Computed *float64
		}
	}
}

// Run asks the running server and prints a table.
func (c availCmd) Run(e *env) error {
	form := url.Values{"limit": {strconv.Itoa(c.Limit)}}
	for _, kv := range [][2]string{{"month", c.Month}, {"since", c.Since}, {"until", c.Until}, {"host", c.Host}, {"service", c.Service}, {"tree", c.Tree}, {"downtime", c.Downtime}} {
		if kv[1] != "" {
			form.Set(kv[0], kv[1])
		}
	}
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodGet, "/api/monitord/availability", form, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.stdout.Write(raw)
		return err
	}
	var a availAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	if c.Tree != "" {
		a.Services = nil // they stand below the tree
		a.Found = 0
	}
	if err := a.print(e.stdout); err != nil {
		return err
	}
	if more := a.Found - len(a.Services); more > 0 {
		fmt.Fprintf(e.stderr, "%d more services, none of them worse; --limit shows more\n", more)
	}
	return nil
}

// print writes a line for each service and tree: of each month, and of the
// whole span where there are several.
func (a *availAnswer) print(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(out, "SERVICE\tTIME\tAVAILABILITY\tCOMPUTED\tFAILURES\tDOWN\tMTBF\tMTTR\tPLANNED\tNOT KNOWN\n")
	line := func(name, when string, f availFigures, computed string) {
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", name, when, share(f.Availability), computed, f.Failures,
			span(f.Down), spanOr(f.MTBF), spanOr(f.MTTR), span(f.Planned), f.notKnown())
	}
	whole := "all"
	if len(a.Months) == 1 {
		whole = a.Months[0].Month
	}
	for _, t := range a.Trees {
		if len(a.Months) > 1 {
			for i, m := range t.Months {
				line(t.Tree, a.Months[i].Month, m.Measured, share(m.Computed))
			}
		}
		line(t.Tree, whole, t.Total.Measured, share(t.Total.Computed))
		t.Total.below(whole, 1, line)
	}
	for _, s := range a.Services {
		if len(a.Months) > 1 {
			for i, f := range s.Months {
				line(s.Service, a.Months[i].Month, f, "")
			}
		}
		line(s.Service, whole, s.Total, "")
	}
	return out.Flush()
}

// below writes the members of a node, indented.
func (n *availNode) below(when string, depth int, line func(name, when string, f availFigures, computed string)) {
	for i := range n.Of {
		m := &n.Of[i]
		name, computed := m.Service, ""
		if m.Kind != availability.Leaf.String() {
			name, computed = fmt.Sprintf("%d of %d", m.Need, len(m.Of)), share(m.Computed)
		}
		line(strings.Repeat("  ", depth)+name, when, m.Measured, computed)
		m.below(when, depth+1, line)
	}
}

// notKnown is how long nothing was known, and why.
func (f availFigures) notKnown() string {
	if f.NotKnown == 0 {
		return "-"
	}
	var why []string
	for cond := availability.NoResult; cond <= availability.Absent; cond++ {
		if f.Why[cond.String()] > 0 {
			why = append(why, cond.String())
		}
	}
	return span(f.NotKnown) + " (" + strings.Join(why, ", ") + ")"
}

func share(a *float64) string {
	if a == nil {
		return "-"
	}
	return availability.Percent(*a)
}

func span(seconds float64) string {
	if seconds == 0 {
		return "-"
	}
	return text.FormatDur(text.English, time.Duration(seconds*float64(time.Second)).Round(time.Second))
}

func spanOr(seconds *float64) string {
	if seconds == nil {
		return "-"
	}
	return span(*seconds)
}
