package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"time"

	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// netInterface is an interface of a device as its series tell it.
type netInterface struct {
	selector string // of its series
	alias    string
	speed    float64 // bits a second; 0: not told
	admin    float64 // ifAdminStatus, ifOperStatus; 0: not told
	oper     float64
}

// findInterface looks for the series of an interface by its name. ok is false
// when there are none now or within the last day.
func (a *asker) findInterface(name string) (n netInterface, ok bool) {
	for _, window := range []time.Duration{a.p.cadenceOf(a.host).memory(), day} {
		for _, n.selector = range interfaceSelectors(a.host, name) {
			expr := `last_over_time({__name__=~"ifHighSpeed|ifAdminStatus|ifOperStatus|ifHCInOctets|ifInOctets",` + n.selector[1:] + "[" + promDur(window) + "])"
			points, err := a.p.Query(a.ctx, expr, a.p.Now())
			if err != nil {
				a.err = err
				return n, false
			}
			for _, p := range points {
				n.take(p)
			}
			if len(points) > 0 {
				return n, true
			}
		}
	}
	n.selector = interfaceSelectors(a.host, name)[0]
	return n, false
}

// take reads one series' last value.
func (n *netInterface) take(p checks.Point) {
	n.alias = cmp.Or(p.Labels["ifAlias"], n.alias)
	switch p.Labels["__name__"] {
	case "ifHighSpeed":
		n.speed = max(n.speed, p.Value*1e6)
	case "ifAdminStatus":
		n.admin = p.Value
	case "ifOperStatus":
		n.oper = p.Value
	}
}

// subtitle is what stands beside an interface's name: alias and speed.
func (n netInterface) subtitle(u rateUnit) string {
	s := cut(n.alias, 60)
	if n.speed > 0 {
		if s != "" {
			s += ", "
		}
		s += u.of(n.speed / 8)
	}
	return s
}

// rateUnit is how traffic is written: bits a second, as speeds are sold, or bytes.
type rateUnit struct{ bytes bool }

// rateUnitOf reads ?unit=bytes.
func rateUnitOf(unit string) rateUnit { return rateUnit{unit == "bytes"} }

// factor turns bytes a second into the unit.
func (u rateUnit) factor() float64 {
	if u.bytes {
		return 1
	}
	return 8
}

func (u rateUnit) axis() graphs.Unit {
	if u.bytes {
		return graphs.BytesPerSecond
	}
	return graphs.BitsPerSecond
}

// of writes bytes a second.
func (u rateUnit) of(bytesPerSecond float64) string {
	return u.axis().Format(bytesPerSecond * u.factor())
}

// query is the unit in an address, with a trailing &.
func (u rateUnit) query() string {
	if u.bytes {
		return "unit=bytes&"
	}
	return ""
}

// interfacePicture is MRTG's: in a green area, out a blue line.
func (a *asker) interfacePicture(n netInterface, span time.Duration, u rateUnit, w words) *graphs.Picture {
	c := a.p.cadenceOf(a.host)
	in := a.traffic(inOctets, n.selector, c, span).times(u.factor())
	out := a.traffic(outOctets, n.selector, c, span).times(u.factor())
	pic := &graphs.Picture{
		Unit: u.axis(), Share: n.speed / 8 * u.factor(), NoMin: true, Gap: a.step + a.step/2,
		Layers: []graphs.Layer{
			{Name: w("graph.net.in"), Kind: graphs.In, Color: 2, Points: in.points, Figures: &in.figures},
			{Name: w("graph.net.out"), Color: 1, Points: out.points, Figures: &out.figures},
		},
	}
	pic.Subtitle = n.subtitle(u)
	return pic
}

// trafficOf is the picture of the interface that a service is about; nil when it is
// about none.
func (q *pictureRequest) trafficOf(a *asker, s checks.Service) *graphs.Picture {
	if s.Item == "" || q.v.p.deviceKinds(s.Host)[s.Check] != kindInterfaces {
		return nil
	}
	n, found := a.findInterface(s.Item)
	if !found || a.err != nil {
		return nil
	}
	pic := a.interfacePicture(n, q.span, q.unit, q.word)
	pic.Events = q.serviceEvents(a, s)
	return pic
}

// netPicture is the picture of a device's interface. It is nil when the host has no
// such interface, or its probe measures one of that name and no check does.
func (q *pictureRequest) netPicture(a *asker, name string) *graphs.Picture {
	if name == "" {
		return nil
	}
	kinds := q.v.p.deviceKinds(a.host)
	for s := range q.v.p.statesOf(a.host) {
		if s.Item == name && kinds[s.Check] == kindInterfaces {
			if pic := q.trafficOf(a, s); pic != nil {
				return pic
			}
		}
	}
	own, err := q.v.p.Query(a.ctx, "last_over_time("+a.of("node_network_receive_bytes_total", fmt.Sprintf("device=%q", name))+"[1h])", q.v.Now)
	if err != nil || len(own) > 0 {
		return nil
	}
	n, found := a.findInterface(name)
	if !found {
		return nil
	}
	return a.interfacePicture(n, q.span, q.unit, q.word)
}

// netFigure is an interface's picture on a page.
func (v *view) netFigure(host, name, span string, u rateUnit, title, unit string) figure {
	return v.figure("net-"+name, netAddress(host, name, "svg")+"?"+u.query(), span, title, unit)
}

// netAddress is the address of an interface's picture.
func netAddress(host, name, format string) string {
	return "/graph/" + url.PathEscape(host) + "/" + url.PathEscape("net-"+name) + "." + format
}

// unitWord says what the axis of a picture of traffic counts.
func (v *view) unitWord(u rateUnit) string {
	if u.bytes {
		return v.say(text.M("graph.net.unit_bytes"))
	}
	return v.say(text.M("graph.net.unit"))
}
