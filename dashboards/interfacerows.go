package dashboards

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// interfaceRow is one interface in its device's table.
type interfaceRow struct {
	problem
	Label    string
	Alias    string
	Link     string // its page
	Net      string // up, down, off, … : what the device says of the link
	NetWord  string
	Speed    string
	In, Out  string
	InW      float64 // of 100: the share of its speed
	OutW     float64
	HasUsage bool
	Usage    string
	Errors   string
	Discards string
	Noisy    bool // errors or discards are not 0
	Spark    spark
	Hidden   bool
	Find     string // what the filter looks at, in lower case
	measured interfaceFigures
	busy     float64
}

// interfaceFigures are the numbers behind a row; NaN: not known.
type interfaceFigures struct {
	speed             float64 // bits a second
	in, out           float64 // bytes a second
	errors, discards  float64 // a second, both directions
	admin, operStatus float64
}

// interfaceRows makes the rows of a device's interfaces in natural order. What is
// measured comes from the services' last results; alias, speed and what the device
// says of the link from its series.
func (v *view) interfaceRows(ctx context.Context, host string, rows []problem, states map[checks.Service]*alerting.ServiceState, u rateUnit) []interfaceRow {
	facts := v.interfaceFacts(ctx, host)
	list := make([]interfaceRow, 0, len(rows))
	for _, p := range rows {
		list = append(list, v.interfaceRow(p, states[p.Service], facts[p.Service.Item], u))
	}
	slices.SortStableFunc(list, func(a, b interfaceRow) int { return naturally(a.Service.Item, b.Service.Item) })
	return list
}

func (v *view) interfaceRow(p problem, st *alerting.ServiceState, n netInterface, u rateUnit) interfaceRow {
	r := interfaceRow{problem: p, Label: cut(p.Service.Item, 60), Alias: cut(n.alias, 80), Link: interfaceURL(p.Service.Host, p.Service.Item)}
	f := interfaceFigures{speed: n.speed, in: math.NaN(), out: math.NaN(), errors: math.NaN(), discards: math.NaN(), admin: n.admin, operStatus: n.oper}
	if p.sign != signMissed && p.sign != signPending && p.sign != signUnreachable { // what is shown as now is of now
		f.in, f.out, f.errors, f.discards = perf(st, "in"), perf(st, "out"), perf(st, "errors"), perf(st, "discards")
	}
	r.measured = f
	r.Net = f.link()
	if r.Net != "" {
		r.NetWord = v.say(text.Message{ID: "page.link." + r.Net})
	}
	r.In, r.Out, r.Speed = u.of(f.in), u.of(f.out), "–"
	if f.speed > 0 {
		r.Speed = u.of(f.speed / 8)
	}
	if usage := max(f.in, f.out) * 8 / f.speed; f.speed > 0 && !math.IsNaN(usage) {
		r.HasUsage, r.Usage = true, shareWord(usage)
		r.InW, r.OutW = min(100, 800*f.in/f.speed), min(100, 800*f.out/f.speed)
	}
	r.Errors, r.Discards = perSecond(f.errors), perSecond(f.discards)
	r.Noisy = f.errors > 0 || f.discards > 0
	r.Find = strings.ToLower(p.Service.Item + " " + n.alias + " " + r.NetWord + " " + p.Word)
	if !math.IsNaN(f.in + f.out) {
		r.busy = f.in + f.out
	}
	return r
}

// The values of ifAdminStatus and ifOperStatus (RFC 2863).
var linkWords = [...]string{1: "up", 2: "down", 3: "testing", 4: "unknown", 5: "dormant", 6: "absent", 7: "down"}

// link is what the device says of an interface; empty when it says nothing.
func (f interfaceFigures) link() string {
	switch {
	case f.admin == 2:
		return "off"
	case f.operStatus >= 1 && int(f.operStatus) < len(linkWords):
		return linkWords[int(f.operStatus)]
	}
	return ""
}

// shareWord writes a share of a link in percent.
func shareWord(share float64) string {
	switch {
	case share >= 0.0995:
		return fmt.Sprintf("%.0f %%", share*100)
	case share > 0 && share < 0.0005:
		return "< 0.1 %"
	}
	return text.FormatNum(math.Round(share*1000)/10) + " %"
}

// perSecond writes how often something happens, or a dash.
func perSecond(v float64) string {
	switch {
	case math.IsNaN(v):
		return "–"
	case v > 0 && v < 0.01:
		return "< 0.01"
	}
	return text.FormatNum(v)
}

// interfaceFacts asks for what changes rarely, by the interfaces' names.
func (v *view) interfaceFacts(ctx context.Context, host string) map[string]netInterface {
	window := v.p.cadenceOf(host).memory()
	points, err := v.p.Query(ctx, fmt.Sprintf(`last_over_time({__name__=~"ifHighSpeed|ifAdminStatus|ifOperStatus",host=%q}[%s])`, host, promDur(window)), v.Now)
	if err != nil {
		v.fail("interfaces", err)
	}
	facts := map[string]netInterface{}
	for _, p := range points {
		for _, name := range namesOf(p.Labels) {
			n := facts[name]
			n.take(p)
			facts[name] = n
		}
	}
	return facts
}

// namesOf are the names under which an interface with these labels may be a
// service: its own, and the one with its index, where several have the same.
func namesOf(labels map[string]string) []string {
	name := cmp.Or(labels["ifName"], labels["ifDescr"], labels["ifIndex"])
	return []string{name, name + " #" + labels["ifIndex"]}
}

// interfacesSay counts interfaces: how many there are, are up, and wanted but down.
func interfacesSay(list []interfaceRow) text.Message {
	up, bad := 0, 0
	for _, r := range list {
		if r.Net == "up" || r.Net == "dormant" {
			up++
		}
		if r.Bad() {
			bad++
		}
	}
	if bad > 0 {
		return text.M("page.device.says_bad", text.Int("n", len(list)), text.Int("up", up), text.Int("bad", bad))
	}
	return text.M("page.device.says", text.Int("n", len(list)), text.Int("up", up))
}

// hideInterfaces hides the rows that lack a word of q, and counts the others. They
// stay in the page, so that its script can show them again.
func hideInterfaces(list []interfaceRow, q string) (shown int) {
	words := strings.Fields(strings.ToLower(q))
	for i := range list {
		list[i].Hidden = slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(list[i].Find, w) })
		if !list[i].Hidden {
			shown++
		}
	}
	return shown
}

// sparkStep is the distance of the points of an interface's small curve.
const sparkStep = 20 * time.Minute

// interfaceSparks adds a day of both directions to the rows: the traffic of five
// minutes out of each twenty, which is a quarter of the reading.
func (v *view) interfaceSparks(ctx context.Context, host string, rows []interfaceRow) {
	if len(rows) == 0 {
		return
	}
	lines, ok := v.p.sparks.get(host, v.Now)
	if !ok {
		var err error
		if lines, err = v.askSparks(ctx, host); err != nil {
			v.fail("interfaces", err)
			return
		}
		v.p.sparks.put(host, v.Now, lines)
	}
	for i := range rows {
		if list := lines[rows[i].Service.Item]; len(list) > 0 {
			rows[i].Spark = sparkline(sumLines(list), v.Now.Add(-day), v.Now)
		}
	}
}

// askSparks asks for a device's curves, by the interfaces' names.
func (v *view) askSparks(ctx context.Context, host string) (map[string][][]graphs.Point, error) {
	c, selector, by := v.p.cadenceOf(host), fmt.Sprintf("{host=%q}", host), "by (ifName, ifDescr, ifIndex) "
	expr := "(" + c.rates(inOctets, selector, by, false) + ") + (" + c.rates(outOctets, selector, by, false) + ")"
	end := v.Now.Truncate(sparkStep)
	found, err := v.p.QueryRange(ctx, expr, end.Add(-day), end, sparkStep)
	if err != nil {
		return nil, err
	}
	lines := map[string][][]graphs.Point{}
	for _, s := range found {
		for _, name := range namesOf(s.Labels) {
			lines[name] = append(lines[name], s.Points)
		}
	}
	return lines, nil
}

// naturally compares names as people sort them: numbers in them by their value, so
// that Gi1/0/2 comes before Gi1/0/10.
func naturally(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		nx, ny := digits(x), digits(y)
		if nx > 0 && ny > 0 {
			p, q := strings.TrimLeft(x[:nx], "0"), strings.TrimLeft(y[:ny], "0")
			if c := cmp.Or(cmp.Compare(len(p), len(q)), strings.Compare(p, q)); c != 0 {
				return c
			}
			x, y = x[nx:], y[ny:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// digits is how many digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
