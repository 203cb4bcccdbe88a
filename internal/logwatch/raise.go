package logwatch

import (
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/logs"
	"monitord/internal/text"
)

const (
	// tellEvery bounds how often a service that is raised already is told of more
	// lines: a burst costs one result a second.
	tellEvery = time.Second
	// maxSummary bounds the line in a sentence, in bytes.
	maxSummary = 300
)

// service is one of a host.
type service struct{ host, name string }

// raised is a problem that a line raised.
type raised struct {
	Host            string       `json:"host"`
	Service         string       `json:"service"`
	Rule            string       `json:"rule"`
	State           checks.State `json:"state"`
	At              time.Time    `json:"at"` // of the last line
	Unauthenticated bool         `json:"unauthenticated,omitempty"`
	told            time.Time
}

// found raises or ends the service of a match.
func (w *Watch) found(host string, m *logs.Match) {
	w.measure(host, m)
	if m.Service == "" {
		w.entry(host, m)
		return
	}
	m.Message = short(m.Message, maxSummary)
	key, now := service{host, m.Service}, w.deps.Now()
	was, up := w.raised[key]
	if m.Kind == logs.KindClear || m.Kind == logs.KindArrived {
		if up {
			w.entry(host, m)
			w.end(key, m.Say(), m.Line.Unauthenticated)
		}
		return
	}
	w.entry(host, m)
	r := raised{Host: host, Service: m.Service, Rule: m.Rule, State: m.State, At: now, Unauthenticated: m.Line.Unauthenticated, told: was.told}
	if !up || was.State != m.State || was.Rule != m.Rule || now.Sub(was.told) >= tellEvery {
		r.told = now
		w.result(key, m.Rule, checks.Result{State: m.State, Summary: m.Say(), Evidence: evidence(m)}, r.Unauthenticated)
	}
	w.raised[key] = r
	w.changed = true
}

// end says that a service is well.
func (w *Watch) end(key service, why text.Message, unauthenticated bool) {
	w.result(key, w.raised[key].Rule, checks.Result{State: checks.OK, Summary: why}, unauthenticated)
	delete(w.raised, key)
	w.changed = true
}

// result adds one to the step. Its time is behind that of any before.
func (w *Watch) result(key service, rule string, r checks.Result, unauthenticated bool) {
	r.Item = key.name
	at := w.deps.Now()
	if !at.After(w.told) {
		at = w.told.Add(time.Nanosecond)
	}
	w.told = at
	w.step.Results = append(w.step.Results, Result{Host: key.host, Service: key.name, Rule: rule, At: at, Result: r, Unauthenticated: unauthenticated})
}

// evidence is the line with what stood before it: its end, when it is long.
func evidence(m *logs.Match) []byte {
	all := strings.Join(append(slices.Clone(m.Context), string(m.Line.Text)), "\n")
	if over := len(all) - checks.EvidenceLimit; over > 0 {
		all = strings.ToValidUTF8(all[over:], "")
	}
	return []byte(all)
}
