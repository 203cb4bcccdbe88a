package checks

import (
	"time"
)

// Sample is one value of one series, before it has the labels that the server
// adds (instance, job).
type Sample struct {
	Name   string
	Labels map[string]string // owned by the receiver
	At     time.Time
	Value  float64
}

// Outcome is one finished run, as Samples needs it.
type Outcome struct {
	Host    string
	Check   string // the check's name
	Type    string // the kind of check
	At      time.Time
	Took    time.Duration
	Results []Result
}

// Samples turns a run into series:
//
//	monitord_check_state{host,check,item}              0 to 3, as Nagios' exit codes
//	monitord_check_duration_seconds{host,check}        how long the run took
//	monitord_check_value{host,check,item,label,unit}   each Perf that is not Derived; uom when it had another unit before
//
// and, for checks over the network, what blackbox_exporter calls it, with host
// and check as labels: probe_success, probe_duration_seconds,
// probe_dns_lookup_time_seconds, probe_http_duration_seconds{phase},
// probe_http_status_code, probe_icmp_duration_seconds{phase},
// probe_ssl_earliest_cert_expiry.
func Samples(o Outcome) []Sample {
	s := sampler{outcome: o}
	s.add("monitord_check_duration_seconds", o.Took.Seconds())
	for _, r := range o.Results {
		s.add("monitord_check_state", float64(r.State), "item", r.Item)
		for _, p := range r.Perf {
			if p.Derived {
				continue
			}
			s.add("monitord_check_value", p.Value, "item", r.Item, "label", p.Label, "unit", string(p.Unit), "uom", p.UOM)
		}
	}
	if len(o.Results) == 1 {
		s.blackbox(o.Results[0])
	}
	return s.out
}

type sampler struct {
	outcome Outcome
	out     []Sample
}

// add appends a series; pairs are further labels, an empty value is no label.
func (s *sampler) add(name string, value float64, pairs ...string) {
	labels := map[string]string{"host": s.outcome.Host, "check": s.outcome.Check}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			labels[pairs[i]] = pairs[i+1]
		}
	}
	s.out = append(s.out, Sample{Name: name, Labels: labels, At: s.outcome.At, Value: value})
}

// httpPhases are blackbox_exporter's names of our phases. It counts the time
// to send the request as processing.
var httpPhases = [...]struct {
	name string
	ours []string
}{
	{"resolve", []string{"dns"}}, {"connect", []string{"connect"}}, {"tls", []string{"tls"}},
	{"processing", []string{"request", "first-byte"}}, {"transfer", []string{"body"}},
}

// blackbox adds what blackbox_exporter's modules http, tcp and icmp report.
func (s *sampler) blackbox(r Result) {
	switch s.outcome.Type {
	case "http", "tcp", "ping":
	default:
		return
	}
	success := 0.0
	if r.State == OK || r.State == Warning {
		success = 1
	}
	s.add("probe_success", success)
	s.add("probe_duration_seconds", s.outcome.Took.Seconds())
	s.add("probe_dns_lookup_time_seconds", spent(r.Phases, "dns"))
	switch s.outcome.Type {
	case "http":
		for _, p := range httpPhases {
			s.add("probe_http_duration_seconds", spent(r.Phases, p.ours...), "phase", p.name)
		}
		s.perf(r, "status", "probe_http_status_code", 0)
	case "ping":
		s.add("probe_icmp_duration_seconds", spent(r.Phases, "dns"), "phase", "resolve")
		s.perf(r, "rtt", "probe_icmp_duration_seconds", 0, "phase", "rtt")
	}
	s.perf(r, "cert_left", "probe_ssl_earliest_cert_expiry", float64(s.outcome.At.Unix()))
}

// perf adds a measured value under another name, plus an offset.
func (s *sampler) perf(r Result, label, name string, offset float64, pairs ...string) {
	for _, p := range r.Perf {
		if p.Label == label {
			s.add(name, p.Value+offset, pairs...)
		}
	}
}

// spent is the time in phases of these names; a redirect makes a name come again.
func spent(phases []Phase, names ...string) float64 {
	var sum time.Duration
	for _, p := range phases {
		for _, n := range names {
			if p.Name == n {
				sum += p.Took
			}
		}
	}
	return sum.Seconds()
}
