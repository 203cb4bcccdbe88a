package dashboards

import (
	"slices"
	"strings"
	"time"

	"monitord/alerting/availability"
	"monitord/internal/text"
)

// availReport fills in what was found.
func (v *view) availReport(d *availData, r *availability.Report, month availability.Span) {
	if d.One != "" {
		v.availOne(d, r)
		return
	}
	boxes := 0
	for _, t := range r.Trees {
		tree := availTree{availRow: v.availRow(t.Total.Measured, t.Total.Line, month, r.Mode)}
		tree.Name, tree.URL, tree.Computed = cut(t.Name, 80), d.availURL(d.Month, d.Mode, "", t.Name, ""), computed(t.Total)
		if boxes += countBoxes(t.Total); boxes <= maxBoxes {
			box := v.availBox(d, t.Total, month, r.Mode)
			tree.Box = &box
		}
		d.Trees = append(d.Trees, tree)
	}
	list := slices.Clone(r.Services)
	slices.SortStableFunc(list, worstFirst)
	year, m, _ := month.From.In(v.Zone).Date()
	d.All = len(list)
	d.Says, d.Note = v.availSays(list, v.monthWord(year, m))
	words := strings.Fields(strings.ToLower(d.Q))
	list = slices.DeleteFunc(list, func(s availability.Row) bool {
		name := strings.ToLower(s.Service.String())
		return slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(name, w) })
	})
	for _, s := range list {
		_, known := s.Total.Availability()
		calm := known && s.Total.Down == 0
		if calm {
			d.CalmAll++
		}
		if len(d.Rows)+len(d.Calm) == maxRows {
			d.More++
			continue
		}
		row := v.availRow(s.Total, s.Line, month, r.Mode)
		row.Name, row.URL = cut(s.Service.String(), 100), d.availURL(d.Month, d.Mode, s.Service.String(), "", "")
		if calm {
			d.Calm = append(d.Calm, row)
		} else {
			d.Rows = append(d.Rows, row)
		}
	}
}

// availSays answers how available everything was; list is sorted, the worst
// first. note is about those of which nothing is known.
func (v *view) availSays(list []availability.Row, month string) (says, note string) {
	down, unknown := 0, 0
	for _, s := range list {
		if s.Total.Down > 0 {
			down++
		}
		if _, known := s.Total.Availability(); !known {
			unknown++
		}
	}
	name, n := text.Str("month", month), text.Int("n", len(list)-unknown)
	switch {
	case len(list) == 0:
		return v.say(text.M("page.availability.none", name)), ""
	case unknown == len(list):
		return v.say(text.M("page.availability.unknown", name)), ""
	case down == 0:
		says = v.say(text.M("page.availability.whole", name, n))
	default:
		says = v.say(text.M("page.availability.down", name, text.Int("down", down), n, text.Str("worst", cut(list[0].Service.String(), 80)), text.Str("percent", percent(list[0].Total))))
	}
	if unknown > 0 {
		note = v.say(text.M("page.availability.note", text.Int("n", unknown)))
	}
	return says, note
}

// worstFirst sorts by availability, the lowest first, then by name; services of
// which nothing is known come last.
func worstFirst(a, b availability.Row) int {
	x, knownA := a.Total.Availability()
	y, knownB := b.Total.Availability()
	switch {
	case knownA != knownB && knownA:
		return -1
	case knownA != knownB:
		return 1
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// availOne fills in one service or tree, month by month, the newest first.
func (v *view) availOne(d *availData, r *availability.Report) {
	service, tree := d.shown()
	for i, m := range slices.Backward(r.Months) {
		var row availRow
		switch {
		case d.Tree && len(r.Trees) > 0:
			t := r.Trees[0].Months[i]
			row = v.availRow(t.Measured, t.Line, m.Span, r.Mode)
			row.Computed = computed(t)
			if len(d.ByTime) == 0 {
				box := v.availBox(d, t, m.Span, r.Mode)
				d.Trees = []availTree{{availRow: row, Box: &box}}
				d.Trees[0].Name = cut(d.One, 80)
			}
		case !d.Tree && len(r.Services) > 0:
			row = v.availRow(r.Services[0].Months[i], r.Services[0].Line, m.Span, r.Mode)
		default:
			continue
		}
		year, month := m.Calendar()
		row.Name, row.URL = v.monthWord(year, month), d.availURL(m.Name, d.Mode, service, tree, "")
		d.ByTime = append(d.ByTime, row)
	}
	if len(d.ByTime) > 0 {
		d.Says = v.say(text.M("page.availability.one", text.Str("name", cut(d.One, 80)), text.Str("month", d.ByTime[0].Name), text.Str("percent", d.ByTime[0].Percent)))
	}
}

func percent(f availability.Figures) string {
	if a, ok := f.Availability(); ok {
		return availability.Percent(a)
	}
	return nothing
}

func computed(r availability.Result) string {
	if r.Computed {
		return availability.Percent(r.Chance)
	}
	return nothing
}

func (v *view) availRow(f availability.Figures, line availability.Timeline, span availability.Span, mode availability.Mode) availRow {
	row := availRow{Percent: percent(f), Whole: f.Down == 0, Count: f.Failures, Carried: f.Carried, MTTR: nothing, MTBF: nothing}
	dur := func(d time.Duration) string { return text.FormatDur(v.Lang, d.Round(time.Second)) }
	row.Down, row.NotKnown = dur(f.Down), nothing
	if d, ok := f.MTTR(); ok {
		row.MTTR = dur(d)
	}
	if d, ok := f.MTBF(); ok {
		row.MTBF = dur(d)
	}
	if f.Planned > 0 {
		row.Planned = dur(f.Planned)
	}
	if n := f.NotKnown(); n > 0 {
		row.NotKnown, row.Why = dur(n), v.whyNotKnown(f)
	}
	row.Bar = v.availBar(line, span, mode, f)
	return row
}

// whyNotKnown names the reasons, the longest first.
func (v *view) whyNotKnown(f availability.Figures) string {
	type part struct {
		cond availability.Cond
		d    time.Duration
	}
	parts := []part{{availability.Absent, f.Absent}, {availability.Missed, f.Missed}, {availability.Unknown, f.Unknown}, {availability.Paused, f.Paused}, {availability.NoResult, f.NoResult}}
	slices.SortStableFunc(parts, func(a, b part) int { return int(min(max(b.d-a.d, -1), 1)) })
	var words []string
	for _, p := range parts {
		if p.d > 0 {
			words = append(words, v.say(text.M("page.availability.part", text.Sub("what", text.Message{ID: "page.availability.cond." + p.cond.String()}), text.Dur("span", p.d))))
		}
	}
	return strings.Join(words, v.say(text.M("page.sep")))
}

func countBoxes(r availability.Result) int {
	n := 1
	for _, m := range r.Of {
		n += countBoxes(m)
	}
	return n
}

func (v *view) availBox(d *availData, r availability.Result, span availability.Span, mode availability.Mode) availBox {
	b := availBox{availRow: v.availRow(r.Measured, r.Line, span, mode), Kind: r.Node.Kind.String()}
	if r.Node.Kind == availability.Leaf {
		s := r.Node.Service.String()
		b.Name, b.URL = cut(s, 80), d.availURL(d.Month, d.Mode, s, "", "")
		return b
	}
	b.Computed = computed(r)
	b.Word = v.say(text.Message{ID: "page.availability.kind." + b.Kind, Args: []text.Arg{text.Int("need", r.Node.Need), text.Int("n", len(r.Node.Of))}})
	for _, m := range r.Of {
		b.Of = append(b.Of, v.availBox(d, m, span, mode))
	}
	return b
}
