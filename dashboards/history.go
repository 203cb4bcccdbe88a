package dashboards

import (
	"context"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// barSlots is how finely a bar of 24 hours is divided: five minutes.
const barSlots = 288

// bar is a history of 24 hours as runs of one state.
type bar struct {
	Parts []barPart
	Label string // the same in words, for those who do not see it
}

type barPart struct {
	Class string // is-ok …, or none where nothing is known
	Fill  string // a pattern's reference, for what is not a plain colour
	X, W  int    // in slots
}

// history draws the worst state of some services over the last 24 hours.
func (v *view) history(ctx context.Context, services []checks.Service) bar {
	slots := make([]int, barSlots) // severity + 1; 0: nothing is known
	since := v.Now.Add(-day)
	for _, s := range services {
		marks, err := v.p.History(ctx, s, since)
		if err != nil {
			v.fail("history", err)
			return bar{}
		}
		paint(slots, marks, since)
	}
	return v.bar(slots)
}

// bySeverity lists the states from the least to the worst.
var bySeverity = []checks.State{checks.OK, checks.Unknown, checks.Warning, checks.Critical}

func paint(slots []int, marks []alerting.Marker, since time.Time) {
	const slot = day / barSlots
	for i, m := range marks {
		from := max(int(m.At.Sub(since)/slot), 0)
		to := len(slots)
		if i+1 < len(marks) {
			// At least one slot: a short fault must stay visible.
			to = max(int(marks[i+1].At.Sub(since)/slot), from+1)
		}
		for j := from; j < min(to, len(slots)); j++ {
			slots[j] = max(slots[j], severityOf(m.State))
		}
	}
}

func severityOf(s checks.State) int {
	for i, b := range bySeverity {
		if b == s {
			return i + 1
		}
	}
	return 2
}

func (v *view) bar(slots []int) bar {
	var b bar
	seen := make([]int, len(bySeverity)+1)
	for i := 0; i < len(slots); {
		j := i
		for j < len(slots) && slots[j] == slots[i] {
			j++
		}
		part := barPart{Class: "none", Fill: "url(#h-none)", X: i, W: j - i}
		if slots[i] > 0 {
			part.Class, part.Fill = signOf(bySeverity[slots[i]-1]).Class(), ""
		}
		b.Parts = append(b.Parts, part)
		seen[slots[i]] += j - i
		i = j
	}
	b.Label = v.barLabel(seen)
	return b
}

// barLabel says how long each state held, the worst first.
func (v *view) barLabel(seen []int) string {
	var words []string
	for i := len(seen) - 1; i >= 0; i-- {
		if seen[i] == 0 {
			continue
		}
		word := text.M("page.bar.none")
		if i > 0 {
			word = text.M("page.bar.part", text.Sub("state", text.Message{ID: signOf(bySeverity[i-1]).WordID()}), text.Dur("span", time.Duration(seen[i])*day/barSlots))
		}
		words = append(words, v.say(word))
	}
	return strings.Join(words, ", ")
}

// spark is a small curve in a box of 100 × 24, as the path of an SVG.
type spark struct{ Path string }

// sparkline draws points between two moments; fewer than two draw nothing.
func sparkline(points []graphs.Point, from, to time.Time) spark {
	if len(points) < 2 {
		return spark{}
	}
	low, high := math.Inf(1), math.Inf(-1)
	for _, p := range points {
		if !math.IsNaN(p.Value) {
			low, high = min(low, p.Value), max(high, p.Value)
		}
	}
	if low > 0 && low < high*0.8 {
		low = 0 // an honest base, except for curves that would become a flat line at the top
	}
	span := high - low
	if span <= 0 || math.IsInf(span, 0) {
		span = 1
	}
	var b strings.Builder
	pen, last := "M", time.Time{}
	gap := 3 * points[1].At.Sub(points[0].At)
	for _, p := range points {
		if math.IsNaN(p.Value) || (!last.IsZero() && p.At.Sub(last) > gap) {
			pen = "M"
		}
		if math.IsNaN(p.Value) {
			continue
		}
		x := 100 * float64(p.At.Sub(from)) / float64(to.Sub(from))
		y := 22 - 20*(p.Value-low)/span
		b.WriteString(pen + strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64))
		pen, last = "L", p.At
	}
	return spark{Path: b.String()}
}

func queryEscape(s string) string { return url.QueryEscape(s) }
