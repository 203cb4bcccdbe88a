package dashboards

import (
	"context"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/text"
)

// around is the matched lines of an incident's host when it opened.
type around struct {
	Rows []aroundRow
	URL  string // all of them
	More bool
}

// aroundRow is one of them, or the opening itself.
type aroundRow struct {
	lineRow
	Opened bool
}

const (
	// aroundSpan is how long before and behind an opening lines are listed.
	aroundSpan = 5 * time.Minute
	maxAround  = 60
)

// around lists the lines before and behind the opening, the oldest first.
func (v *view) around(ctx context.Context, in alerting.Incident) *around {
	if v.p.Logs == nil || in.Service.Host == "" {
		return nil
	}
	f := LogFilter{Host: in.Service.Host, Since: in.Opened.Add(-aroundSpan), Until: in.Opened.Add(aroundSpan), Limit: maxAround + 1}
	found, err := v.p.Logs.Lines(ctx, f)
	if err != nil {
		v.fail("lines around", err)
	}
	if len(found) == 0 {
		return nil
	}
	a := &around{More: len(found) > maxAround}
	a.URL = lineFilter{filter: f, From: v.local(f.Since), To: v.local(f.Until.Add(time.Minute))}.query()
	found = found[:min(len(found), maxAround)]
	opened := false
	for i := len(found) - 1; i >= 0; i-- {
		if !opened && found[i].At.After(in.Opened) {
			a.Rows, opened = append(a.Rows, v.openedRow(in)), true
		}
		a.Rows = append(a.Rows, aroundRow{lineRow: v.lineRow(&found[i])})
	}
	if !opened {
		a.Rows = append(a.Rows, v.openedRow(in))
	}
	return a
}

func (v *view) openedRow(in alerting.Incident) aroundRow {
	return aroundRow{Opened: true, lineRow: lineRow{At: v.clock(in.Opened), Text: v.say(text.M("page.logs.opened"))}}
}

// raisedBy is the line that raised a service, and what stood before it.
type raisedBy struct {
	Context []string
	Line    string
}

// raisedLine reads the evidence of a service of a log; nil for other services.
func raisedLine(s checks.Service, evidence []byte) *raisedBy {
	if _, _, ok := checks.LogEvidence(s, evidence); !ok {
		return nil
	}
	lines := evidenceLines(evidence)
	return &raisedBy{Context: lines[:len(lines)-1], Line: lines[len(lines)-1]}
}
