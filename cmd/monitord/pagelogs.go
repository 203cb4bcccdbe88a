package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/checks/logs"
	"monitord/dashboards"
	"monitord/internal/logkeep"
	"monitord/internal/logwatch"
)

// pageLogs is what the pages need to know of logs.
type pageLogs struct {
	*server
	mu   sync.Mutex
	last map[string]int64 // by rule: its newest entry in the journal
	seen int64            // the newest of all
	// what probes follow, as asked last
	followed []dashboards.LogFile
	asked    time.Time
}

// followedEvery is how often the store is asked what probes follow.
const followedEvery = 10 * time.Second

// Rules lists the rules in force.
func (p *pageLogs) Rules(ctx context.Context) ([]dashboards.LogRule, error) {
	newest, err := p.newest(ctx)
	if err != nil {
		return nil, err
	}
	stats := p.server.logs.Stats(0)
	out := make([]dashboards.LogRule, 0, len(stats.Rules))
	for i := range stats.Rules {
		r := &stats.Rules[i]
		one := dashboards.LogRule{
			Name: r.Rule, Item: r.Service, Tries: r.Tries, CostNanos: r.PerLineNanos, Timeouts: r.Timeouts, Suspended: r.Suspended,
			Last: newest[r.Rule].At, LastText: newest[r.Rule].Line,
		}
		if r.Place.Line > 0 {
			one.Place = fmt.Sprintf("%s:%d", filepath.Base(r.Place.File), r.Place.Line)
		}
		for _, d := range r.Days {
			one.Hits = append(one.Hits, d.Hits)
		}
		out = append(out, one)
	}
	return out, nil
}

// newest reads the newest entry of each rule. What was found before is not
// looked for again.
func (p *pageLogs) newest(ctx context.Context) (map[string]logwatch.Match, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, err := p.journal.LastLines(ctx, p.seen)
	if err != nil {
		return nil, err
	}
	if p.last == nil {
		p.last = map[string]int64{}
	}
	ids := make([]int64, 0, len(p.last))
	for rule, id := range found {
		p.last[rule], p.seen = id, max(p.seen, id)
	}
	for _, r := range p.server.logs.Stats(0).Rules {
		if id := p.last[r.Rule]; id > 0 {
			ids = append(ids, id)
		}
	}
	events, err := p.journal.ByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := map[string]logwatch.Match{}
	for _, e := range events {
		m := matchOf(e)
		out[m.Rule] = m
	}
	return out, nil
}

// matchOf reads an entry about a line.
func matchOf(e alerting.Event) logwatch.Match {
	var m logwatch.Match
	_ = json.Unmarshal(e.Data, &m) // shown as far as it goes
	m.Host, m.At = e.Host, e.At
	return m
}

// maxFollowed bounds the files of all hosts that a page hears of.
const maxFollowed = 2000

// Files lists what this machine and the probes follow. Of probes we know what
// they measured last.
func (p *pageLogs) Files(ctx context.Context) ([]dashboards.LogFile, error) {
	own := p.ownHost()
	out := filesOf(own, p.server.logs.Stats(maxFollowed))
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); now.Sub(p.asked) >= followedEvery {
		const series = `{__name__=~"monitord_logfile_(lines_total|lost_bytes_total|lag_bytes|lag_seconds|readable)",host!="",path!=""}`
		points, err := p.query(ctx, series, now)
		if err != nil {
			return nil, err
		}
		p.followed, p.asked = filesOfProbes(points, own), now
	}
	return append(out, p.followed...), nil
}

// filesOf lists the sources of this machine.
func filesOf(host string, s logwatch.Stats) []dashboards.LogFile {
	var out []dashboards.LogFile
	for _, f := range s.Files {
		out = append(out, dashboards.LogFile{Host: host, Path: f.Path, Lines: f.Lines, LostBytes: f.LostBytes, Lag: f.Lag, Behind: f.Behind, Missing: f.Missing, Fault: f.Fault})
	}
	if j := s.Journald; j != nil {
		out = append(out, dashboards.LogFile{Host: host, Path: logwatch.SourceJournald, Lines: j.Lines, Fault: j.Fault})
	}
	if k := s.Kernel; k != nil {
		out = append(out, dashboards.LogFile{Host: host, Path: logwatch.SourceKernel, Lines: k.Lines, Fault: k.Fault})
	}
	return out
}

// filesOfProbes puts series together.
func filesOfProbes(points []checks.Point, own string) []dashboards.LogFile {
	index := map[[2]string]int{}
	var out []dashboards.LogFile
	for _, pt := range points {
		key := [2]string{pt.Labels["host"], pt.Labels["path"]}
		if key[0] == own {
			continue
		}
		i, known := index[key]
		if !known {
			if len(out) == maxFollowed {
				continue
			}
			i = len(out)
			index[key] = i
			out = append(out, dashboards.LogFile{Host: key[0], Path: key[1]})
		}
		switch f := &out[i]; pt.Labels["__name__"] {
		case "monitord_logfile_lines_total":
			f.Lines = uint64(max(pt.Value, 0))
		case "monitord_logfile_lost_bytes_total":
			f.LostBytes = uint64(max(pt.Value, 0))
		case "monitord_logfile_lag_bytes":
			f.Lag = int64(pt.Value)
		case "monitord_logfile_lag_seconds":
			f.Behind = time.Duration(pt.Value * float64(time.Second))
		case "monitord_logfile_readable":
			f.Missing = pt.Value == 0
		}
	}
	slices.SortFunc(out, func(a, b dashboards.LogFile) int {
		return strings.Compare(a.Host+"\x00"+a.Path, b.Host+"\x00"+b.Path)
	})
	return out
}

// Lines lists lines that matched.
func (p *pageLogs) Lines(ctx context.Context, f dashboards.LogFilter) ([]dashboards.LogLine, error) {
	ask := journal.LineFilter{Host: f.Host, Rule: f.Rule, Words: strings.Fields(f.Text), Since: f.Since, Until: f.Until, Before: f.Before, Limit: f.Limit}
	if f.Severity != "" {
		var worst logs.Severity
		if err := worst.UnmarshalText([]byte(f.Severity)); err == nil {
			for s := logs.Emergency; s <= worst; s++ {
				ask.Severities = append(ask.Severities, s.String())
			}
		}
	}
	events, err := p.journal.Lines(ctx, ask)
	if err != nil {
		return nil, err
	}
	states, incidents := p.ruleStates(), p.engine.Incidents(alerting.IncidentFilter{Limit: 1000})
	out := make([]dashboards.LogLine, 0, len(events))
	for _, e := range events {
		out = append(out, pageLine(e, states, incidents))
	}
	return out, nil
}

// ruleStates is what the rules in force raise their services to.
func (p *pageLogs) ruleStates() map[string]checks.State {
	c := p.current().settings.Logs.Match
	out := map[string]checks.State{}
	rules, err := c.Compiled()
	if err != nil || len(rules) != len(c.Rules) {
		return out // it was judged when it was read
	}
	for i, r := range rules {
		if s, err := checks.ParseState(strings.ToUpper(c.Rules[i].State)); err == nil {
			out[r.Name] = s
		}
	}
	return out
}

func pageLine(e alerting.Event, states map[string]checks.State, incidents []alerting.Incident) dashboards.LogLine {
	m := matchOf(e)
	l := dashboards.LogLine{ID: e.ID, At: e.At, Host: e.Host, File: m.File, Program: m.Program, Severity: m.Severity, Rule: m.Rule, Text: m.Line, Cut: m.Cut, Service: e.Service, Incident: e.Incident, Folded: int64(m.More)}
	if l.File == "" {
		l.File = m.Source
	}
	if s, known := states[m.Rule]; known && e.Service.Host != "" && m.Kind != logs.KindClear && m.Kind != logs.KindArrived {
		l.State = &s
	}
	for i := range incidents {
		in := &incidents[i]
		if in.Service == e.Service && !e.At.Before(in.Opened.Add(-time.Second)) && (in.Closed.IsZero() || !e.At.After(in.Closed)) {
			l.Incident = in.ID
			break
		}
	}
	return l
}

// Search looks into the kept logs.
func (p *pageLogs) Search(ctx context.Context, q dashboards.LogSearch) (dashboards.LogFound, error) {
	var out dashboards.LogFound
	expr, err := logkeep.Expression(q.Expr, q.Fold)
	if err != nil {
		return out, fmt.Errorf("%w: %w", dashboards.ErrRefused, err)
	}
	ask := logkeep.Query{Host: q.Host, File: q.File, Since: q.Since, Until: q.Until, Expr: expr, Limit: q.Limit, From: q.From}
	r, err := logkeep.Grep(ctx, dataFlag{Data: p.data}.keptLogsDir(), ask, func(f logkeep.Found) error {
		out.Lines = append(out.Lines, dashboards.KeptLine{At: f.Line.At, Host: f.Host, File: f.Line.File, Text: f.Line.Text, Cut: f.Line.Cut})
		return nil
	})
	out.Next, out.Read, out.Damaged, out.Keeps = r.Next, r.Bytes, r.Damaged, true
	switch {
	case errors.Is(err, fs.ErrNotExist):
		out.Keeps = false
	case errors.Is(err, logkeep.ErrMark), errors.Is(err, logkeep.ErrFile):
		return out, fmt.Errorf("%w: %w", dashboards.ErrRefused, err)
	case errors.Is(err, context.DeadlineExceeded):
		out.Late = true
	default:
		return out, err
	}
	return out, nil
}
