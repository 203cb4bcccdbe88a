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
	Attempt  string // "2/3" while it is not confirmed
	Soft     sign   // what the last result said, while it is not confirmed
	SoftWord string
	Since    time.Time
	Age      string
	Fresh    bool // changed in the last minute
	Last     string
	Took     string
	Incident int64
	URL      string // of its incident, or its host
	AckedBy  string
	Graph    string // path of its picture, with a trailing &
}

// problem makes the row of a service.
func (v *view) problem(s *alerting.ServiceState, k *known) problem {
	g := judge(s, k.intervals, v.Now)
	p := problem{sign: g, Service: s.Service, Incident: s.Incident, Word: v.say(text.M(g.WordID()))}
	p.Name = cut(s.Service.Host, 60) + "/" + cut(serviceLabel(s.Service), 60)
	p.Host, p.HostURL, p.Check = cut(s.Service.Host, 60), hostURL(s.Service.Host), cut(serviceLabel(s.Service), 60)
	p.Group = cut(k.group[s.Service.Host], 40)
	p.Why = cut(v.say(s.Summary), 240)
	p.Since = s.HardSince
	if g == signMissed {
		p.Since = s.LastCheck
		p.Why = v.say(text.M("page.missed.why", text.Time("at", s.LastCheck)))
	}
	if !s.Hard && g != signPending {
		p.Attempt, p.Soft = fmt.Sprintf("%d/%d", s.Attempt, s.MaxAttempts), signOf(s.State)
		p.SoftWord = v.say(text.M(p.Soft.WordID()))
	}
	p.Age, p.Last = v.ago(p.Since), v.ago(s.LastCheck)
	p.Fresh = !p.Since.IsZero() && v.Now.Sub(p.Since) < time.Minute
	p.Took = text.FormatDur(v.Lang, s.Took)
	p.URL = p.HostURL
	if in, ok := v.incidents[s.Incident]; ok && s.Incident != 0 {
		p.URL, p.AckedBy = incidentURL(in.ID), cut(in.AckedBy, 40)
	}
	p.Graph = "/graph/service?name=" + url.QueryEscape(s.Service.String()) + "&"
	return p
}

// order compares two rows: unhandled first, then what somebody has, then what is
// not confirmed, then what is well; within each by severity, then longest first.
func order(a, b problem) int {
	return cmp.Or(
		cmp.Compare(concern(a), concern(b)),
		cmp.Compare(a.rank, b.rank),
		a.Since.Compare(b.Since),
		strings.Compare(a.Name, b.Name))
}

// concern is 0 for what nobody has taken, 1 for what somebody has, 2 for what may
// turn bad, 3 for what is well.
func concern(p problem) int {
	switch {
	case !p.Bad() && p.Attempt != "" && p.Soft != signOK:
		return 2
	case !p.Bad():
		return 3
	case p.AckedBy != "":
		return 1
	}
	return 0
}

// known is what several pages derive from the inventory once.
type known struct {
	intervals map[checkKey]time.Duration
	group     map[string]string // of each host: its first group
	hosts     []string          // every host with a state or a place in the inventory, sorted
}

func (p *Pages) known() *known {
	inv := p.Inventory()
	k := &known{intervals: intervalsOf(inv), group: map[string]string{}}
	if inv == nil {
		inv = &inventory.Inventory{}
	}
	for _, h := range inv.Hosts {
		k.hosts = append(k.hosts, h.Name)
		if len(h.Groups) > 0 {
			k.group[h.Name] = h.Groups[0]
		}
	}
	for _, h := range p.Hosts() {
		k.hosts = append(k.hosts, h.Host)
	}
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
	if len(rows) > 0 && rows[0].sign == signCritical && rows[0].AckedBy == "" {
		worst := rows[0] // a copy: callers go on to filter rows in place
		v.Strip = &worst
	}
}

// broken splits the rows into what nobody has taken and what somebody has.
func broken(rows []problem) (open, taken []problem) {
	for _, p := range rows {
		switch {
		case !p.Bad():
		case p.AckedBy != "":
			taken = append(taken, p)
		default:
			open = append(open, p)
		}
	}
	return open, taken
}
