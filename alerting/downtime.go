package alerting

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/timeperiod"
)

// Downtime is a time in which nobody is told of new problems. Measuring goes
// on, and who was told before is told of the recovery. Exactly one of Host,
// Group and Service says for what.
type Downtime struct {
	ID      int64 // given by AddDowntime
	Host    string
	Group   string         // and the groups below it
	Service checks.Service // without an item: every item of the check
	By      string         // who; never empty
	Reason  string
	Created time.Time
	From    time.Time
	To      time.Time // of a recurring one: zero, or after which it does not come again
	// Duration above 0 makes it flexible: it begins with the first problem
	// between From and To and lasts that long. A recurring one lasts that long
	// each time.
	Duration  time.Duration
	Rule      string    // RFC 5545 rule; empty: it does not recur
	Zone      string    // of the rule; empty: the configuration's own
	Started   time.Time // of a flexible one: when it began; zero: not yet
	Ended     time.Time // over or cancelled; zero: not
	Cancelled string    // by whom

	// Set by ListDowntimes: the present or next occurrence, and whether it runs.
	Begins time.Time `json:",omitzero"`
	Ends   time.Time `json:",omitzero"`
	Active bool      `json:",omitempty"`
}

// flexible reports whether it waits for a problem.
func (d *Downtime) flexible() bool { return d.Duration > 0 && d.Rule == "" }

// What names what it is for.
func (d *Downtime) What() string {
	switch {
	case d.Host != "":
		return d.Host
	case d.Group != "":
		return d.Group + "/*"
	}
	return d.Service.String()
}

// downtime is one in memory.
type downtime struct {
	Downtime
	recur    *timeperiod.Recurrence
	from, to time.Time // of the present or next occurrence
	active   bool
}

// AddDowntime begins or plans a downtime and returns its number when the
// journal has it. A From that is zero is now.
func (e *Engine) AddDowntime(ctx context.Context, d Downtime) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	e.mu.Lock()
	now := e.deps.Now()
	if d.From.IsZero() {
		d.From = now
	}
	d.Created, d.Started, d.Ended, d.Cancelled = now, time.Time{}, time.Time{}, ""
	m, err := e.plan(d, now)
	if err != nil {
		e.mu.Unlock()
		return 0, fmt.Errorf("add downtime for %s: %w", d.What(), err)
	}
	e.lastDowntime++
	m.ID = e.lastDowntime
	e.downtimes = append(e.downtimes, m)
	var out outcome
	e.writeDowntime(&out, m, EventDowntimeAdded, d.By, now)
	e.tickDowntimes(&out, now)
	e.settle(out)
	return m.ID, nil
}

// plan checks a downtime.
func (e *Engine) plan(d Downtime, now time.Time) (*downtime, error) {
	targets := 0
	for _, set := range []bool{d.Host != "", d.Group != "", d.Service != checks.Service{}} {
		if set {
			targets++
		}
	}
	switch {
	case targets != 1:
		return nil, errors.New("want exactly one of host, group and service")
	case d.By == "":
		return nil, errors.New("a downtime needs a name")
	case d.Duration < 0:
		return nil, errors.New("its duration is below 0")
	case d.Rule == "" && (!d.To.After(d.From) || !d.To.After(now)):
		return nil, errors.New("it ends before it begins, or is over")
	}
	m := &downtime{Downtime: d, from: d.From, to: d.To}
	if d.Rule == "" {
		return m, nil
	}
	zone := time.UTC
	if e.inv != nil {
		zone = e.inv.Zone
	}
	if d.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(d.Zone); err != nil {
			return nil, fmt.Errorf("unknown time zone %q (want a name such as Asia/Tokyo)", d.Zone)
		}
	}
	var err error
	m.recur, err = timeperiod.NewRecurrence(d.From, zone, d.Rule, d.Duration)
	if err == nil && !m.next(now) {
		err = errors.New("it never comes")
	}
	return m, err
}

// next finds the occurrence of a recurring downtime that holds now or follows.
func (d *downtime) next(now time.Time) bool {
	var ok bool
	d.from, d.to, ok = d.recur.Occurrence(now)
	return ok && (d.To.IsZero() || d.from.Before(d.To))
}

// ListDowntimes lists those that are not over, and those that ended within the
// last day, in the order added.
func (e *Engine) ListDowntimes() []Downtime {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := make([]Downtime, 0, len(e.downtimes))
	for _, d := range e.downtimes {
		seen := d.Downtime
		seen.Begins, seen.Ends, seen.Active = d.from, d.to, d.active
		list = append(list, seen)
	}
	return list
}

// ErrNoDowntime says that there is no downtime of a number, or that it is over.
var ErrNoDowntime = errors.New("there is no such downtime, or it is over")

// CancelDowntime ends a downtime, or calls it off. by is who does it.
func (e *Engine) CancelDowntime(ctx context.Context, id int64, by string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	e.mu.Lock()
	i := slices.IndexFunc(e.downtimes, func(d *downtime) bool { return d.ID == id && d.Ended.IsZero() })
	if i < 0 {
		e.mu.Unlock()
		return fmt.Errorf("cancel downtime %d: %w", id, ErrNoDowntime)
	}
	var out outcome
	now := e.deps.Now()
	d := e.downtimes[i]
	d.Ended, d.Cancelled = now, by
	e.writeDowntime(&out, d, EventDowntimeCancelled, by, now)
	e.tickDowntimes(&out, now)
	for s := range e.pending {
		e.review(&out, s, transition{}, s.Service.HardState, now)
	}
	e.wake(&out, now)
	e.settle(out)
	return nil
}

// keepEnded is how long a downtime that is over is listed.
const keepEnded = 24 * time.Hour

// tickDowntimes begins and ends downtimes, and marks services when one did.
func (e *Engine) tickDowntimes(out *outcome, now time.Time) {
	changed := false
	for _, d := range e.downtimes {
		was := d.active
		d.active = d.Ended.IsZero() && e.holds(out, d, now)
		if was == d.active {
			continue
		}
		changed = true
		if kind := EventDowntimeEnded; d.Cancelled == "" {
			if d.active {
				kind = EventDowntimeBegun
			}
			e.writeDowntime(out, d, kind, "", now)
		}
	}
	e.downtimes = slices.DeleteFunc(e.downtimes, func(d *downtime) bool { return !d.Ended.IsZero() && now.Sub(d.Ended) > keepEnded })
	if changed {
		for _, s := range e.services {
			e.markDowntime(out, s)
		}
	}
}

// holds reports whether a downtime is in force, and ends one that is over.
func (e *Engine) holds(out *outcome, d *downtime, now time.Time) bool {
	over := !now.Before(d.to)
	switch {
	case d.flexible() && !d.Started.IsZero():
		over = !now.Before(d.Started.Add(d.Duration))
	case d.recur != nil && over:
		over = !d.next(now)
	}
	if over {
		d.Ended = now
		if !d.active {
			e.writeDowntime(out, d, EventDowntimeEnded, "", now)
		}
		return false
	}
	return !now.Before(d.from) && (!d.flexible() || !d.Started.IsZero())
}

// startFlexible begins the flexible downtimes that a new problem falls into.
func (e *Engine) startFlexible(out *outcome, s *entry, now time.Time) (begun bool) {
	for _, d := range e.downtimes {
		if !d.flexible() || !d.Started.IsZero() || !d.Ended.IsZero() || now.Before(d.From) || !now.Before(d.To) || !e.covers(d, s.Service.Service) {
			continue
		}
		d.Started, begun = now, true
	}
	if begun {
		e.tickDowntimes(out, now)
	}
	return begun
}

// replan reads the rules of recurring downtimes again: the zone may have changed.
func (e *Engine) replan(now time.Time) {
	for _, d := range e.downtimes {
		if d.Rule == "" || !d.Ended.IsZero() {
			continue
		}
		m, err := e.plan(d.Downtime, now)
		if err != nil {
			// It was read before: a zone that is unknown now, or it is over.
			d.Ended = now
			continue
		}
		d.recur, d.from, d.to = m.recur, m.from, m.to
	}
}

func (e *Engine) covers(d *downtime, id checks.Service) bool {
	switch {
	case d.Host != "":
		return d.Host == id.Host
	case d.Group != "":
		h, ok := e.inv.Host(id.Host)
		return ok && h.In(d.Group)
	case d.Service.Item == "":
		return d.Service.Host == id.Host && d.Service.Check == id.Check
	}
	return d.Service == id
}

func (e *Engine) markDowntime(out *outcome, s *entry) {
	on := slices.ContainsFunc(e.downtimes, func(d *downtime) bool { return d.active && e.covers(d, s.Service.Service) })
	if on != s.Service.Marks.Has(MarkDowntime) {
		s.Service.Marks = s.Service.Marks.set(MarkDowntime, on)
		e.write(out, s)
	}
}

func (e *Engine) writeDowntime(out *outcome, d *downtime, kind EventKind, by string, now time.Time) {
	out.change.Downtimes = append(out.change.Downtimes, d.Downtime)
	host := d.Host
	if d.Service.Host != "" {
		host = d.Service.Host
	}
	reason := strings.TrimSpace(d.Reason)
	out.change.Events = append(out.change.Events, Event{At: now, Kind: kind, Host: host, Service: d.Service, State: checks.OK,
		Data: mustJSON(ackData{By: by, Reason: reason, What: d.What()})})
}
