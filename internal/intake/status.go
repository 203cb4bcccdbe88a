package intake

import (
	"crypto/x509"
	"encoding/json"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"monitord/internal/wire"
)

// Status is one probe as the server sees it. It is kept in memory: after a
// restart a probe is unknown until it speaks, which takes seconds.
type Status struct {
	Host           string
	LastSeen       time.Time
	Address        string // where its last request came from, without the port
	Version        string // empty when it does not say
	CertificateEnd time.Time
	ClockOffset    time.Duration  // its clock minus ours; positive is ahead
	Dropped        map[string]int // records by reason, since we started
}

type probe struct {
	Status
	offsets [5]time.Duration // the last ones measured
	count   int
	poll    chan struct{} // closed when a newer poll of the same host came
}

// seen notes a request. The clock is measured here: the header was written when
// the request was sent, so the way takes off a little, never adds. The largest
// of the last five is the one that travelled fastest.
func (in *Intake) seen(host string, r *http.Request, leaf *x509.Certificate) {
	now := in.deps.Now()
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.probe(host)
	p.LastSeen = now
	p.Address, _, _ = net.SplitHostPort(r.RemoteAddr)
	p.Version, _ = strings.CutPrefix(r.UserAgent(), wire.AgentPrefix)
	if leaf != nil {
		p.CertificateEnd = leaf.NotAfter
	}
	sent, err := time.Parse(time.RFC3339Nano, r.Header.Get(wire.TimeHeader))
	if err != nil {
		return // not one of our probes; it has no clock that we could judge
	}
	p.offsets[p.count%len(p.offsets)] = sent.Sub(now)
	p.count++
	p.ClockOffset = slices.Max(p.offsets[:min(p.count, len(p.offsets))])
}

func (in *Intake) probe(host string) *probe {
	p := in.probes[host]
	if p == nil {
		p = &probe{Status: Status{Host: host, Dropped: map[string]int{}}}
		in.probes[host] = p
	}
	return p
}

// onlyPoll ends an older poll of the same host: its probe has given it up.
func (in *Intake) onlyPoll(host string) <-chan struct{} {
	in.mu.Lock()
	defer in.mu.Unlock()
	p := in.probe(host)
	if p.poll != nil {
		close(p.poll)
	}
	p.poll = make(chan struct{})
	return p.poll
}

func (in *Intake) noteDrops(host string, events []wire.Event) {
	in.mu.Lock()
	defer in.mu.Unlock()
	for _, e := range events {
		var d wire.DropData
		if e.Kind == wire.KindDrop && json.Unmarshal(e.Data, &d) == nil {
			in.probe(host).Dropped[d.Reason] += d.Records
		}
	}
}

// LastSeen tells when a host's probe last spoke to us, and whether it ever did
// since we started.
func (in *Intake) LastSeen(host string) (time.Time, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	p, ok := in.probes[host]
	if !ok {
		return time.Time{}, false
	}
	return p.LastSeen, true
}

// Statuses lists every probe that has spoken since we started, sorted by host.
func (in *Intake) Statuses() []Status {
	in.mu.Lock()
	defer in.mu.Unlock()
	var out []Status
	for _, host := range slices.Sorted(maps.Keys(in.probes)) {
		s := in.probes[host].Status
		s.Dropped = maps.Clone(s.Dropped)
		out = append(out, s)
	}
	return out
}

// ClockOffsets is each probe's clock minus ours, for the series
// monitord_probe_clock_offset_seconds.
func (in *Intake) ClockOffsets() map[string]time.Duration {
	in.mu.Lock()
	defer in.mu.Unlock()
	out := map[string]time.Duration{}
	for host, p := range in.probes {
		if p.count > 0 {
			out[host] = p.ClockOffset
		}
	}
	return out
}

type metrics struct {
	writes, events, repeated, enrolled prometheus.Counter
	refused                            *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer) metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "monitord_intake_" + name, Help: help})
	}
	m := metrics{
		writes:   counter("writes_total", "Remote write requests of probes that were let in."),
		events:   counter("events_total", "Events of probes journalled for the first time."),
		repeated: counter("events_repeated_total", "Events of probes that were in the journal already."),
		enrolled: counter("enrolments_total", "Client certificates given to probes."),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "monitord_intake_refused_total", Help: "Requests of probes that were refused, by reason."}, []string{"reason"}),
	}
	if reg != nil {
		reg.MustRegister(m.writes, m.events, m.repeated, m.enrolled, m.refused)
	}
	return m
}
