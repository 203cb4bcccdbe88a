package dashboards

import (
	"context"
	"net/http"
	"strconv"
	"unicode/utf8"

	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// maxTiles is how many tiles a wall shows; when there are more, the last one
// counts the rest. It never scrolls.
const maxTiles = 12

// tile is one problem on the wall.
type tile struct {
	problem
	Size  string // s3: the full width; s2: a third; s1: a third, held by somebody
	Short string // name that fits the size
	Small bool   // one size smaller because the name is long
	Says  string // the sentence, as much as fits
}

// cell is one healthy group on a calm wall, or in the line at the foot.
type cell struct {
	Name     string
	Services int
	sign
	Spark spark
}

type wallData struct {
	Counts  []count // unhandled, by state
	Quiet   quiet
	Held    bool // everything wrong is in hand, or expected
	Pending int
	All     int
	Tiles   []tile
	Mode    string // calm, solo, few, c1 to c3 by what is CRITICAL, or storm
	Tall    bool   // a second row of problems below what is CRITICAL
	Rest    []count
	RestN   int
	Cells   []cell
	Side    *side
	Solo    []figure // the pictures of the only host, when all is well
	Empty   bool
	Zone    string
	Duties  []dutyRow
	MoreOn  int // rotas that did not fit
}

// wallDuties is how many rotas the wall has room for.
const wallDuties = 3

// side is the picture at the right: the worst incident that nobody has taken.
type side struct {
	problem
	Picture  figure
	Evidence []string
}

func (p *Pages) wall(w http.ResponseWriter, r *http.Request) {
	v := p.view(w, r, "wall")
	v.Title = v.say(text.M("page.wall.title"))
	if v.Theme == "system" {
		v.Theme = "dark" // a room at night
	}
	rows, k := v.rows()
	open, taken := broken(rows)
	d := wallData{Counts: v.counts(open), Quiet: quietOf(rows), All: len(rows), Empty: len(rows) == 0, Zone: v.Zone.String()}
	for _, row := range rows {
		if row.sign == signPending {
			d.Pending++
		}
	}
	d.Held = len(taken) > 0
	d.Tiles, d.Mode = tiles(open, taken)
	if critical := countOf(d.Counts, signCritical); critical > 0 && d.Mode != "storm" {
		d.Tall = len(open)-critical > 3
	}
	if n := len(open) - len(d.Tiles); d.Mode == "storm" && n > 0 {
		d.RestN, d.Rest = n, v.counts(open[len(d.Tiles):])
	}
	if d.Duties = v.duties(); len(d.Duties) > wallDuties {
		d.MoreOn, d.Duties = len(d.Duties)-wallDuties, d.Duties[:wallDuties]
	}
	v.wallCells(r, &d, units(rows, k))
	if d.Mode == "calm" && len(k.hosts) == 1 {
		d.Mode, d.Solo = "solo", v.solo(r.Context(), k.hosts[0])
	}
	if len(open) > 0 {
		d.Side = v.side(open, r)
	}
	v.Data = d
	v.render(w, "wall.html", http.StatusOK)
}

func countOf(list []count, s sign) int {
	for _, c := range list {
		if c.sign == s {
			return c.N
		}
	}
	return 0
}

// tiles chooses what is shown and how large. One CRITICAL has the full width;
// two or three share that row; from four on all are alike.
func tiles(open, taken []problem) ([]tile, string) {
	if len(open)+len(taken) == 0 {
		return nil, "calm"
	}
	critical := 0
	for _, p := range open {
		if p.sign == signCritical {
			critical++
		}
	}
	var list []tile
	minor := len(open) - critical
	if critical > 3 || len(open) > 9 || critical > 0 && minor > 6 {
		n := len(open)
		if n > maxTiles {
			n = maxTiles - 1
		}
		for _, p := range open[:n] {
			list = append(list, sized(p, "s2", critical))
		}
		return list, "storm"
	}
	for _, p := range open {
		if p.sign == signCritical {
			list = append(list, sized(p, "s3", critical))
		} else {
			list = append(list, sized(p, "s2", critical))
		}
	}
	room := 3 // one row of what somebody has; the header counts the others
	if critical > 0 && minor > 3 || minor > 6 {
		room = (3 - minor%3) % 3 // three rows are what can be read from the chair
	}
	for _, p := range taken[:min(room, len(taken))] {
		list = append(list, sized(p, "s1", critical))
	}
	mode := "few"
	if critical > 0 {
		mode = "c" + strconv.Itoa(critical)
	}
	return list, mode
}

// fits is how many halves of an em fit a tile's line in its normal and in its
// smaller size; a longer name steps down and is then cut in the middle. The
// numbers follow from the widths and sizes in wall.css, at 0.55 em a letter.
func fits(size string, critical int) (normal, small int) {
	switch {
	case size == "s3" && critical == 1:
		return 15, 26
	case size == "s3" && critical == 2:
		return 14, 19
	case size == "s3":
		return 11, 15
	case size == "s2":
		return 14, 18
	}
	return 17, 19
}

func sized(p problem, size string, critical int) tile {
	t := tile{problem: p, Size: size}
	normal, small := fits(size, critical)
	if p.Behind > 0 { // the number is never cut
		n := len(strconv.Itoa(p.Behind)) + 2
		normal, small = normal-n, small-n
	}
	name := p.Name
	if p.Service.Check == trendwatch.Check { // the sentence says that it is a trend
		name = cut(p.Service.Host, 60) + "/" + cut(p.Service.Item, 60)
	}
	t.Small = wide(name) > normal
	t.Short, t.Says = cutWide(name, small), p.Brief
	if size == "s2" { // the end of a sentence says how much, as often as its beginning says what
		t.Says = cutWide(p.Brief, saysFit-wide(p.Age)*13/10)
	}
	return t
}

// saysFit is how many halves of an em fit the two lines of a small tile; its age,
// whose letters are larger, takes some of them.
const saysFit = 50

// wide counts characters, those of full width twice, in halves of an em.
func wide(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 && utf8.RuneLen(r) >= 3 && r != '…' {
			n++
		}
	}
	return n
}

func cutWide(s string, fit int) string {
	for n := fit; wide(s) > fit && n > 2; n-- {
		s = cut(s, n)
	}
	return s
}

// wallCells fills in the groups where all is well: large when nothing else is
// on the wall, in one line at the foot otherwise.
func (v *view) wallCells(r *http.Request, d *wallData, list []unit) {
	room := 6 - len(d.Duties)
	if d.Mode == "calm" {
		room = 20
	}
	var calm []unit
	for _, u := range list {
		if !u.Worst.Bad() && u.Worst.sign != signUnreachable && len(calm) < room {
			calm = append(calm, u)
		}
	}
	if d.Mode == "calm" {
		v.fillSparks(r.Context(), calm)
	}
	for _, u := range calm {
		d.Cells = append(d.Cells, cell{Name: cutWide(u.Name, 22), Services: u.Services, sign: u.Worst.sign, Spark: u.Spark})
	}
}

// solo is what a wall with one healthy host shows: its four pictures.
func (v *view) solo(ctx context.Context, host string) []figure {
	list := v.sarFigures(host, v.firstRange(ctx, host))
	for i := range list {
		list[i].Wide = list[i].sized(540, 200)
	}
	return list
}

// side shows the worst; when several nobody has taken are equally bad it goes
// from one to the next every 20 s, as the clock says, so that two walls agree.
func (v *view) side(open []problem, r *http.Request) *side {
	n := 0
	for n < len(open) && open[n].sign == open[0].sign {
		n++
	}
	p := open[int(v.Now.Unix()/20)%n]
	s := &side{problem: p}
	span, ofTrend := "3h", v.p.ofTrend(p.Service)
	if ofTrend {
		span = v.p.trendSpan(p.Service)
	}
	s.Picture = v.serviceFigure(p.Service, span, p.Name)
	s.Picture.Wide = s.Picture.sized(360, 250) // shown twice as large: read from the chair
	for _, st := range v.p.Services() {
		if st.Service == p.Service && !ofTrend { // its sentence has all of it, in the reader's time
			s.Evidence = evidenceLines(st.Evidence)
			s.Evidence = s.Evidence[:min(len(s.Evidence), 4)]
		}
	}
	return s
}
