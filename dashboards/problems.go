package dashboards

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/inventory"
	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// problem is one service as lists show it, bad or not.
type problem struct {
	sign
	Service  checks.Service
	Name     string // host/check item, cut
	Host     string // cut
	HostURL  string
	Check    string // check item, cut
	Group    string // cut; empty when the host is in none
	Word     string
	Why      string // the summary in the reader's language
	Brief    string // the same for a row that has little room
	Attempt  string // "2/3" while it is not confirmed
	Soft     sign   // what the last result said, while it is not confirmed
	SoftWord string
	SoftAge  string // since when
	Since    time.Time
	Age      string
	Fresh    bool // changed in the last minute
	Last     string
	Took     string
	Incident int64
	URL      string // of its incident, or its host
	AckedBy  string
	Until    string // when the acknowledgement lapses; empty when it does not
	Downtime bool
	Marks    []mark
	Behind   int    // services that cannot be judged because of this one
	Graph    string // path of its picture, with a trailing &
}

// problem makes the row of a service.
func (v *view) problem(s *alerting.ServiceState, k *known) problem {
	g := judge(s)
	p := problem{sign: g, Service: s.Service, Incident: s.Incident, Word: v.say(text.M(g.WordID()))}
	p.Name = cut(s.Service.Host, 60) + "/" + cut(serviceLabel(s.Service), 60)
	p.Host, p.HostURL, p.Check = cut(s.Service.Host, 60), hostURL(s.Service.Host), cut(serviceLabel(s.Service), 60)
	p.Group = cut(k.group[s.Service.Host], 40)
	says := s.Summary
	p.Since = s.HardSince
	switch {
	case g == signMissed && s.LastCheck.IsZero():
		says = text.M("page.missed.never")
	case g == signMissed && v.Nav == "wall": // its age stands beside it
		p.Since, says = s.LastCheck, text.M("page.missed.short")
	case g == signMissed:
		p.Since, says = s.LastCheck, text.M("page.missed.why", text.Time("at", s.LastCheck))
	case g == signUnreachable:
		says = v.unreachableSays(s)
	}
	p.Why, p.Brief = v.why(says), v.why(trendwatch.Short(says))
	if !s.Hard && g != signPending && g != signUnreachable {
		p.Attempt, p.Soft = fmt.Sprintf("%d/%d", s.Attempt, s.MaxAttempts), signOf(s.State)
		p.SoftWord = v.say(text.M(p.Soft.WordID()))
		p.SoftAge = v.ago(s.Since)
	}
	p.Age, p.Last = v.ago(p.Since), v.ago(s.LastCheck)
	p.Fresh = !p.Since.IsZero() && v.Now.Sub(p.Since) < time.Minute
	p.Took = text.FormatDur(v.Lang, s.Took)
	p.URL = p.HostURL
	p.Marks, p.Downtime = v.marksOf(s, g), s.Marks.Has(alerting.MarkDowntime)
	if in, ok := v.incidents[s.Incident]; ok && s.Incident != 0 {
		p.URL = incidentURL(in.ID)
		if in.Service == s.Service {
			p.AckedBy, p.Behind = cut(in.AckedBy, 40), in.Behind
		}
	}
	if s.Ack != nil {
		p.AckedBy = cut(s.Ack.By, 40)
		if !s.Ack.Until.IsZero() {
			p.Until = v.say(text.M("page.until", text.Str("at", v.clockShort(s.Ack.Until))))
		}
	}
	if v.Nav == "wall" {
		p.unbroken()
	}
	p.Graph = "/graph/service?name=" + url.QueryEscape(s.Service.String()) + "&"
	return p
}

// why is a summary in a list.
func (v *view) why(m text.Message) string { return unbreak(cut(v.say(m), 240)) }

// order compares two rows: unhandled first, then what somebody has, then what is
// not confirmed, then what is well; within each by severity, then longest first.
func order(a, b problem) int {
	return cmp.Or(
		cmp.Compare(concern(a), concern(b)),
		cmp.Compare(a.rank, b.rank),
		a.Since.Compare(b.Since),
		strings.Compare(a.Name, b.Name))
}

// unreachableSays names the cause, when its incident is known.
func (v *view) unreachableSays(s *alerting.ServiceState) text.Message {
	if in, ok := v.incidents[s.Incident]; ok && s.Incident != 0 && in.Service != s.Service {
		return text.M("page.unreachable.behind", text.Str("cause", cut(in.Service.String(), 80)))
	}
	return text.M("page.unreachable.why")
}

// Soft problems may turn bad; they are shown, but counted nowhere.
func (p problem) soft() bool { return !p.Bad() && p.Attempt != "" && p.Soft != signOK }

// Held reports whether nobody needs to act: somebody has it, or it is expected.
func (p problem) Held() bool { return p.AckedBy != "" || p.Downtime }

// Hot reports whether nobody has it yet.
func (p problem) Hot() bool { return p.Bad() && !p.Held() }

// concern is 0 for what nobody has taken, 1 for what somebody has or is expected,
// 2 for what may turn bad, 3 for what cannot be judged, 4 for what is well.
func concern(p problem) int {
	switch {
	case p.soft() && !p.Downtime:
		return 2
	case p.sign == signUnreachable:
		return 3
	case !p.Bad():
		return 4
	case p.Held():
		return 1
	}
	return 0
}

// known is what several pages derive from the inventory once.
type known struct {
	group  map[string]string // of each host: its first group
	groups []string          // every group of a host and those above it, sorted
	hosts  []string          // every host with a state or a place in the inventory, sorted
}

func (p *Pages) known() *known {
	inv := p.Inventory()
	k := &known{group: map[string]string{}}
	if inv == nil {
		inv = &inventory.Inventory{}
	}
	for _, h := range inv.Hosts {
		k.hosts = append(k.hosts, h.Name)
		if len(h.Groups) > 0 {
			k.group[h.Name] = h.Groups[0]
		}
		for _, g := range h.Groups {
			for ; g != ""; g = g[:max(strings.LastIndexByte(g, '/'), 0)] {
				k.groups = append(k.groups, g)
			}
		}
	}
	for _, h := range p.Hosts() {
		k.hosts = append(k.hosts, h.Host)
	}
	slices.Sort(k.groups)
	k.groups = slices.Compact(k.groups)
	return k
}

// rows lists every service, in the order of problems.
func (v *view) rows() ([]problem, *known) {
	k := v.p.known()
	states := v.p.Services()
	rows := make([]problem, 0, len(states))
	for i := range states {
		rows = append(rows, v.problem(&states[i], k))
		k.hosts = append(k.hosts, states[i].Service.Host)
	}
	slices.Sort(k.hosts)
	k.hosts = slices.Compact(k.hosts)
	slices.SortFunc(rows, order)
	return rows, k
}

// strip finds the worst CRITICAL that nobody has taken: every page shows it.
func (v *view) strip(rows []problem) {
	if len(rows) > 0 && rows[0].sign == signCritical && rows[0].Hot() {
		worst := rows[0] // a copy: callers go on to filter rows in place
		v.Strip = &worst
	}
}

// broken splits the rows into what nobody has taken and what somebody has, or
// is expected.
func broken(rows []problem) (open, taken []problem) {
	for _, p := range rows {
		switch {
		case !p.Bad():
		case p.Held():
			taken = append(taken, p)
		default:
			open = append(open, p)
		}
	}
	return open, taken
}

// quiet counts what is wrong without needing anybody now.
type quiet struct{ Taken, Downtime, Unreachable int }

// quietOf counts all rows; a fault that somebody has during a downtime is both.
func quietOf(rows []problem) quiet {
	var q quiet
	for _, p := range rows {
		if p.Bad() && p.AckedBy != "" {
			q.Taken++
		}
		if p.Downtime {
			q.Downtime++
		}
		if p.sign == signUnreachable {
			q.Unreachable++
		}
	}
	return q
}

// Any reports whether there is something to count.
func (q quiet) Any() bool { return q != quiet{} }
