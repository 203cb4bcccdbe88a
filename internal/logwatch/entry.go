package logwatch

import (
	"encoding/json"
	"time"
	"unicode/utf8"

	"monitord/checks/logs"
	"monitord/internal/logkeys"
)

// Bounds of what the journal gets of one line, in bytes.
const (
	maxJournalLine    = 4 << 10
	maxJournalContext = 1 << 10
	maxJournalLabel   = 256
)

// quota is what a rule has written to the journal in a minute.
type quota struct {
	Minute  int64  `json:"minute"` // since 1970
	Written int    `json:"written"`
	More    int    `json:"more,omitempty"` // lines that were not written
	Host    string `json:"host,omitempty"` // of those: the first one's
	Service string `json:"service,omitempty"`
	// Unauthenticated: one of them could have been sent by anybody.
	Unauthenticated bool `json:"unauthenticated,omitempty"`
}

// entry puts a match into the journal, or counts it.
func (w *Watch) entry(host string, m *logs.Match) {
	limit := w.rules.byName[m.Rule].journal
	if limit == 0 {
		return
	}
	now := w.deps.Now()
	q := w.quotas[m.Rule]
	if q == nil {
		q = &quota{}
		w.quotas[m.Rule] = q
	}
	if minute := now.Unix() / 60; minute != q.Minute {
		w.closeMinute(m.Rule, q, now)
		*q = quota{Minute: minute}
	}
	w.quotaChanged = true
	if q.Written >= limit {
		if q.More == 0 {
			q.Host, q.Service = host, m.Service
		}
		q.More++
		q.Unauthenticated = q.Unauthenticated || m.Line.Unauthenticated
		return
	}
	q.Written++
	w.step.Matches = append(w.step.Matches, matchEntry(host, m, now))
}

// closeMinute writes how many lines were not written.
func (w *Watch) closeMinute(rule string, q *quota, now time.Time) {
	if q.More == 0 {
		return
	}
	w.step.Matches = append(w.step.Matches, Match{Host: q.Host, At: now, Rule: rule, Service: q.Service, Kind: logs.KindMatch, More: q.More, Unauthenticated: q.Unauthenticated})
	q.More = 0
	w.quotaChanged = true
}

// closeMinutes ends the minutes that are over.
func (w *Watch) closeMinutes(now time.Time) {
	for rule, q := range w.quotas {
		if now.Unix()/60 != q.Minute {
			w.closeMinute(rule, q, now)
			delete(w.quotas, rule)
			w.quotaChanged = true
		}
	}
}

func matchEntry(host string, m *logs.Match, now time.Time) Match {
	out := Match{
		Host: host, At: now, Rule: m.Rule, Service: m.Service, Kind: m.Kind, Source: m.Line.Source, File: m.Line.File, Program: m.Line.Program,
		Line: short(string(m.Line.Text), maxJournalLine), Cut: m.Line.Cut, Count: m.Count, Unauthenticated: m.Line.Unauthenticated,
	}
	if m.Line.Severity != logs.SeverityUnknown {
		out.Severity = m.Line.Severity.String()
	}
	for _, l := range m.Context {
		out.Context = append(out.Context, short(l, maxJournalContext))
	}
	for name, value := range m.Labels {
		if out.Labels == nil {
			out.Labels = map[string]string{}
		}
		out.Labels[name] = short(value, maxJournalLabel)
	}
	return out
}

// short is the beginning of a long text.
func short(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := limit
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// recallQuotas takes over what was counted in the minute in which we ended.
func (w *Watch) recallQuotas() {
	raw := w.deps.Kept[quotaName]
	if raw == "" {
		return
	}
	if err := json.Unmarshal([]byte(raw), &w.quotas); err != nil {
		w.deps.Logger.Warn("lines that were not written to the journal are not counted", logkeys.Err, err)
		w.quotas = map[string]*quota{}
	}
}
