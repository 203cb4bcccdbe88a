package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"monitord/alerting/availability"
	"monitord/checks"
	"monitord/internal/config"
)

func trees() ([]availability.Tree, error) {
	n, err := config.ParseBytes("scene", []byte(madeTrees))
	if err != nil {
		return nil, err
	}
	c := availability.DefaultConfig()
	c.Nodes = map[string]*config.Node{}
	for _, e := range n.Entries {
		c.Nodes[e.Key] = e.Value
	}
	err = c.Validate()
	return c.Trees(), err
}

// availability makes a believable past: every seventh service fails now and
// then, one of them often; the server was away for two hours each month.
func (s *scene) availability(_ context.Context, ask availability.Ask) (*availability.Report, error) {
	if s.broken {
		return nil, errBroken
	}
	mode := availability.Counted
	if ask.Mode != nil {
		mode = *ask.Mode
	}
	src := availability.Source{Marks: map[checks.Service][]availability.Mark{}, InGroup: func(string, string) bool { return false }}
	if len(s.services) > 0 {
		all, err := trees()
		if err != nil {
			return nil, err
		}
		src.Trees = all
	}
	wantsOne := ask.Service != checks.Service{} || ask.Tree != ""
	if wantsOne {
		src.Trees = slices.DeleteFunc(src.Trees, func(t availability.Tree) bool { return t.Name != ask.Tree })
		if ask.Tree != "" && len(src.Trees) == 0 {
			return nil, fmt.Errorf("tree %q %w", ask.Tree, availability.ErrUnknown)
		}
	}
	for i := range s.services {
		id := s.services[i].Service
		if ask.Service == (checks.Service{}) || ask.Service == id {
			src.Marks[id] = s.past(i, ask.Span)
		}
	}
	for _, m := range availability.Months(ask.Span, s.inv.Zone) {
		at := m.From.Add(230 * time.Hour)
		src.Absent = append(src.Absent, availability.Span{From: at, To: at.Add(2 * time.Hour)})
		src.Downtimes = append(src.Downtimes, availability.Downtime{Host: "db1", From: m.From.Add(360 * time.Hour), To: m.From.Add(372 * time.Hour)})
	}
	return availability.Make(ask.Span, s.inv.Zone, mode, availability.LevelCritical, src)
}

// past is what happened to the i-th service of the scene.
func (s *scene) past(i int, w availability.Span) []availability.Mark {
	var marks []availability.Mark
	add := func(at time.Time, c availability.Cond) { marks = append(marks, availability.Mark{At: at, Cond: c}) }
	hard := availability.LevelCritical.Cond(s.services[i].HardState)
	switch {
	case i%41 == 40:
		return nil // never had a result
	case i%23 == 11:
		add(w.From.Add(300*time.Hour), availability.Up)
	default:
		add(w.From.Add(-time.Hour), availability.Up)
	}
	for _, m := range availability.Months(w, s.inv.Zone) {
		switch {
		case hard == availability.Down:
			for k := range 3 {
				at := m.From.Add(time.Duration(97+113*k+i) * time.Hour)
				add(at, availability.Down)
				add(at.Add(time.Duration(20+90*k)*time.Minute), availability.Up)
			}
			at := m.From.Add(355 * time.Hour)
			add(at, availability.Down)
			add(at.Add(11*time.Hour), availability.Up)
		case i%7 == 3:
			at := m.From.Add(time.Duration(61+i) * time.Hour)
			add(at, availability.Down)
			add(at.Add(time.Duration(4+i)*time.Minute), availability.Up)
		case i%11 == 5:
			at := m.From.Add(time.Duration(150+i) * time.Hour)
			add(at, availability.Missed)
			add(at.Add(26*time.Hour), availability.Up)
		}
	}
	slices.SortFunc(marks, func(a, b availability.Mark) int { return a.At.Compare(b.At) })
	return marks
}
