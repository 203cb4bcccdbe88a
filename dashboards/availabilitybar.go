package dashboards

import (
	"strings"
	"time"

	"monitord/alerting/availability"
	"monitord/internal/text"
)

// What a slot of a bar of availability shows; the greater hides the smaller.
const (
	slotFuture = iota
	slotUnseen
	slotUp
	slotPlanned
	slotDown
)

// slotLooks are the classes of slots; a fill that is no plain colour.
var slotLooks = [...]struct{ class, fill string }{slotUnseen: {"none", "url(#h-none)"}, slotUp: {"is-ok", ""}, slotPlanned: {"planned", ""}, slotDown: {"is-critical", ""}}

// availBar draws what was known in the part of a month that is over, at its
// place in the whole month.
func (v *view) availBar(line availability.Timeline, span availability.Span, mode availability.Mode, f availability.Figures) bar {
	slots := make([]int, barSlots)
	year, month, _ := span.From.In(v.Zone).Date()
	width := time.Date(year, month+1, 1, 0, 0, 0, 0, v.Zone).Sub(span.From)
	if width <= 0 {
		return bar{}
	}
	slot := func(at time.Time) int { return int(at.Sub(span.From) * barSlots / width) }
	for piece, step := range line.In(span) {
		look := slotUnseen
		switch {
		case step.Planned && mode == availability.Excluded:
			look = slotPlanned
		case step.Cond == availability.Up:
			look = slotUp
		case step.Cond == availability.Down:
			look = slotDown
		}
		// At least one slot: a short fault must stay visible.
		from := slot(piece.From)
		for j := from; j < min(max(slot(piece.To), from+1), len(slots)); j++ {
			slots[j] = max(slots[j], look)
		}
	}
	var b bar
	for i := 0; i < len(slots); {
		j := i
		for j < len(slots) && slots[j] == slots[i] {
			j++
		}
		if look := slots[i]; look != slotFuture {
			b.Parts = append(b.Parts, barPart{Class: slotLooks[look].class, Fill: slotLooks[look].fill, X: i, W: j - i})
		}
		i = j
	}
	b.Label = v.availLabel(f)
	return b
}

// availLabel says in words what a bar shows.
func (v *view) availLabel(f availability.Figures) string {
	var words []string
	for _, p := range []struct {
		what string
		d    time.Duration
	}{{"down", f.Down}, {"planned", f.Planned}, {"up", f.Up}} {
		if p.d > 0 {
			words = append(words, v.say(text.M("page.availability.part", text.Sub("what", text.Message{ID: "page.availability.cond." + p.what}), text.Dur("span", p.d))))
		}
	}
	if why := v.whyNotKnown(f); why != "" {
		words = append(words, why)
	}
	return strings.Join(words, v.say(text.M("page.sep")))
}
