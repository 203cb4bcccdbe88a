package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/alerting/availability"
	"monitord/alerting/journal"
	"monitord/checks"
	"monitord/checks/builtin"
	"monitord/internal/inventory"
	"monitord/internal/timeperiod"
)

// buildInventory works out hosts and checks, and looks whether everything that
// other sections name is there.
func buildInventory(s *settings, enrolled []string) (*inventory.Inventory, error) {
	inv, err := inventory.Build(s.Inventory, builtin.Types(), enrolled)
	if err != nil {
		return nil, err
	}
	return inv, s.Availability.Check(func(host, check string) bool { return knows(inv, host, check) })
}

// knows reports whether there is a host, or with a check's name that check of it.
func knows(inv *inventory.Inventory, host, check string) bool {
	if check == "" {
		_, ok := inv.Host(host)
		return ok
	}
	_, ok := inv.Check(inventory.CheckRef{Host: host, Check: check})
	return ok
}

// A report about everything serves again for reportShare times as long as it
// took to make, and reportKept at most: it reads what happened to every service,
// and a page may be open on many screens. So it costs a thirtieth of one core at
// most, and small installations see each change at once.
const (
	reportShare = 30
	reportKept  = time.Minute
)

// reportCache keeps the last report about everything, and lets one be made at a
// time.
type reportCache struct {
	mu     sync.Mutex
	ask    availability.Span
	mode   availability.Mode
	of     *generation
	until  time.Time
	report *availability.Report
}

// get returns the report that is kept, if it answers the question. An end that
// lies within reportKept is the same: it is now.
func (c *reportCache) get(span availability.Span, mode availability.Mode, of *generation) *availability.Report {
	if c.of != of || c.mode != mode || !span.From.Equal(c.ask.From) || span.To.Sub(c.ask.To).Abs() > reportKept || time.Now().After(c.until) {
		return nil
	}
	return c.report
}

// availability answers what somebody asks, from the journal.
func (s *server) availability(ctx context.Context, ask availability.Ask) (*availability.Report, error) {
	g := s.current()
	mode := g.settings.Availability.Downtime
	if ask.Mode != nil {
		mode = *ask.Mode
	}
	if ask.Host != "" || ask.Tree != "" || ask.Service != (checks.Service{}) {
		return s.makeReport(ctx, g, ask, mode)
	}
	c := &s.reports
	c.mu.Lock()
	defer c.mu.Unlock()
	if kept := c.get(ask.Span, mode, g); kept != nil {
		return kept, nil
	}
	start := time.Now()
	report, err := s.makeReport(ctx, g, ask, mode)
	if err != nil {
		return nil, err
	}
	c.ask, c.mode, c.of, c.report = ask.Span, mode, g, report
	c.until = time.Now().Add(min(reportShare*time.Since(start), reportKept))
	return report, nil
}

func (s *server) makeReport(ctx context.Context, g *generation, ask availability.Ask, mode availability.Mode) (*availability.Report, error) {
	cfg, inv := g.settings.Availability, g.inventory
	filter, trees, err := wanted(ask, cfg.Trees())
	if err != nil {
		return nil, err
	}
	marks, err := s.journal.Marks(ctx, filter, ask.Span.From, ask.Span.To)
	if err != nil {
		return nil, err
	}
	switch {
	case ask.Host != "" && len(marks) == 0 && !knows(inv, ask.Host, ""):
		return nil, fmt.Errorf("host %q %w", ask.Host, availability.ErrUnknown)
	case ask.Service != (checks.Service{}) && len(marks[ask.Service]) == 0 && !knows(inv, ask.Service.Host, ask.Service.Check):
		return nil, fmt.Errorf("service %q %w", ask.Service, availability.ErrUnknown)
	}
	src := availability.Source{Marks: map[checks.Service][]availability.Mark{}, Trees: trees, Paused: pauses(inv, ask.Span)}
	for service, list := range marks {
		src.Marks[service] = conditions(list, cfg.Down)
	}
	absences, err := s.journal.Absences(ctx, ask.Span.From, ask.Span.To)
	if err != nil {
		return nil, err
	}
	for _, a := range absences {
		src.Absent = append(src.Absent, availability.Span(a))
	}
	downtimes, err := s.journal.Downtimes(ctx, ask.Span.From)
	if err != nil {
		return nil, err
	}
	for _, d := range downtimes {
		src.Downtimes = append(src.Downtimes, plannedDowntime(d))
	}
	src.InGroup = func(host, group string) bool {
		h, ok := inv.Host(host)
		return ok && h.In(group)
	}
	return availability.Make(ask.Span, inv.Zone, mode, cfg.Down, src)
}

// wanted is what to read of the journal, and which trees to work out.
func wanted(ask availability.Ask, trees []availability.Tree) (journal.MarkFilter, []availability.Tree, error) {
	switch {
	case ask.Tree != "":
		for _, t := range trees {
			if t.Name == ask.Tree {
				return journal.MarkFilter{Services: t.Root.Services()}, []availability.Tree{t}, nil
			}
		}
		return journal.MarkFilter{}, nil, fmt.Errorf("tree %q %w", ask.Tree, availability.ErrUnknown)
	case ask.Service != (checks.Service{}):
		return journal.MarkFilter{Services: []checks.Service{ask.Service}}, nil, nil
	case ask.Host != "":
		return journal.MarkFilter{Host: ask.Host}, nil, nil
	}
	return journal.MarkFilter{}, trees, nil
}

func conditions(list []journal.Mark, level availability.Level) []availability.Mark {
	out := make([]availability.Mark, len(list))
	for i, m := range list {
		out[i] = availability.Mark{At: m.At, Cond: level.Cond(m.State)}
		switch m.Lost {
		case "":
		case alerting.EventMissed:
			out[i].Cond = availability.Missed
		default:
			out[i].Cond = availability.NoResult
		}
	}
	return out
}

func plannedDowntime(d alerting.Downtime) availability.Downtime {
	return availability.Downtime{
		ID: d.ID, Host: d.Host, Group: d.Group, Service: d.Service, Created: d.Created, From: d.From, To: d.To,
		Duration: d.Duration, Rule: d.Rule, Zone: d.Zone, Started: d.Started, Ended: d.Ended,
	}
}

// pauses answers when a service's check does not run. Each period is worked out
// once.
func pauses(inv *inventory.Inventory, span availability.Span) func(checks.Service) []availability.Span {
	known := map[*timeperiod.Period][]availability.Span{}
	return func(service checks.Service) []availability.Span {
		c, ok := inv.Check(inventory.CheckRef{Host: service.Host, Check: service.Check})
		if !ok || c.Judge.CheckPeriod == nil {
			return nil
		}
		p := c.Judge.CheckPeriod
		spans, ok := known[p]
		if !ok {
			spans = availability.Outside(span, p.Contains, p.Next)
			known[p] = spans
		}
		return spans
	}
}
