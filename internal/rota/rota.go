package rota

import (
	"slices"
	"time"

	"monitord/internal/timeperiod"
)

// Turn is one member's time in a rotation.
type Turn struct {
	Member string
	For    time.Duration // on the wall's clock; more than 0
}

// Layer is a rotation: its turns follow each other for ever, before Start too.
type Layer struct {
	Turns  []Turn             // at least one
	Start  time.Time          // when the first turn begins; read on the clock of the rota's zone
	During *timeperiod.Period // the layer speaks only then; nil: always
}

// Override puts somebody in everybody's place.
type Override struct {
	Member   string
	From, To time.Time // From is in it, To is not
}

// Rota is who is on call when. It is not changed after it was made.
type Rota struct {
	Name      string
	Zone      *time.Location // never nil
	Layers    []Layer        // the last one that speaks counts
	Overrides []Override     // the last one that holds counts
}

// At is who is on call; empty where nobody is.
func (r *Rota) At(t time.Time) string {
	for _, o := range slices.Backward(r.Overrides) {
		if !t.Before(o.From) && t.Before(o.To) {
			return o.Member
		}
	}
	for _, l := range slices.Backward(r.Layers) {
		if l.During.Contains(t) {
			return l.at(r.wall(t), r.wall(l.Start))
		}
	}
	return ""
}

// wall is a moment on a clock that knows no zones: what the wall shows.
func (r *Rota) wall(t time.Time) time.Time {
	t = t.In(r.Zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func (l Layer) at(t, start time.Time) string {
	var round time.Duration
	for _, turn := range l.Turns {
		round += turn.For
	}
	into := t.Sub(start) % round
	if into < 0 {
		into += round
	}
	for _, turn := range l.Turns {
		if into -= turn.For; into < 0 {
			return turn.Member
		}
	}
	return "" // not reached: into is less than the sum of all turns
}

// Members lists everybody whom the rota names, sorted.
func (r *Rota) Members() []string {
	var list []string
	for _, l := range r.Layers {
		for _, t := range l.Turns {
			list = append(list, t.Member)
		}
	}
	for _, o := range r.Overrides {
		list = append(list, o.Member)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Hole is the first moment in [from, to] at which nobody is on call.
func (r *Rota) Hole(from, to time.Time) (time.Time, bool) {
	moments := []time.Time{from}
	for _, l := range r.Layers {
		if l.During == nil {
			return time.Time{}, false
		}
		moments = append(moments, l.During.Edges(from, to)...)
	}
	for _, o := range r.Overrides {
		moments = append(moments, o.To)
	}
	slices.SortFunc(moments, time.Time.Compare)
	for _, t := range moments {
		if !t.Before(from) && !t.After(to) && r.At(t) == "" {
			return t, true
		}
	}
	return time.Time{}, false
}

// look is how far ahead Until looks, in steps of lookStep.
const (
	look     = 14 * 24 * time.Hour
	lookStep = 5 * time.Minute
)

// Until is when somebody else will be on call than at t, to the minute; zero
// when that is more than two weeks ahead.
func (r *Rota) Until(t time.Time) time.Time {
	now := r.At(t)
	for at := t.Truncate(lookStep).Add(lookStep); at.Sub(t) <= look; at = at.Add(lookStep) {
		if r.At(at) == now {
			continue
		}
		for m := at.Add(time.Minute - lookStep); ; m = m.Add(time.Minute) {
			if m.After(t) && r.At(m) != now {
				return m
			}
		}
	}
	return time.Time{}
}
