// Package sqlanswer judges what a database answered, for every kind of check
// that asks one: the expected text, a number within limits, the lag of a replica.
package sqlanswer

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
	"monitord/internal/text"
)

// The bounds of what one answer may hold in memory.
const (
	MaxRows  = 1000
	MaxBytes = 1 << 20
)

// Rows is an answer, as text.
type Rows struct {
	Columns []string
	Rows    [][]string // NULL is "NULL"
}

// First is the first column of the first row.
func (r Rows) First() (string, bool) {
	if len(r.Rows) == 0 || len(r.Rows[0]) == 0 {
		return "", false
	}
	return r.Rows[0][0], true
}

// Column is a column of the first row, by any of its names in any case.
func (r Rows) Column(names ...string) (string, bool) {
	if len(r.Rows) == 0 {
		return "", false
	}
	for i, c := range r.Columns {
		for _, n := range names {
			if strings.EqualFold(c, n) && i < len(r.Rows[0]) {
				return r.Rows[0][i], true
			}
		}
	}
	return "", false
}

// Evidence is the answer as lines of tab-separated values.
func (r Rows) Evidence() []byte {
	var b strings.Builder
	b.WriteString(strings.Join(r.Columns, "\t") + "\n")
	for _, row := range r.Rows {
		if b.Len() >= checks.EvidenceLimit {
			break
		}
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return netdial.Evidence([]byte(b.String()))
}

// Want is what the answer must be.
type Want struct {
	Expect            string
	ExpectRegexp      string
	Warning, Critical *checks.Threshold // of the value as a number
}

// Faults are the options' own.
func (w Want) Faults() []error {
	var faults []error
	if w.Expect != "" && w.ExpectRegexp != "" {
		faults = append(faults, config.Faultf("expect_regexp", "stands beside expect; want one of them"))
	}
	if _, err := regexp.Compile(w.ExpectRegexp); err != nil {
		faults = append(faults, config.Faultf("expect_regexp", "%v", err))
	}
	return faults
}

// ReplicationFaults are those of options that replication makes meaningless.
func ReplicationFaults(replication bool, query string, w Want, lag ...*checks.Threshold) error {
	var faults []error
	if replication && (w.Expect != "" || w.ExpectRegexp != "" || w.Warning != nil || w.Critical != nil) {
		faults = append(faults, config.Faultf("replication", "asks its own question; leave out expect, expect_regexp, value_warning and value_critical"))
	}
	if !replication && strings.TrimSpace(query) == "" {
		faults = append(faults, config.Faultf("query", "is empty; want a question such as SELECT 1"))
	}
	for _, l := range lag {
		if l != nil && !replication {
			faults = append(faults, config.Faultf("replication", "is off, but lag has limits; want replication: true"))
			break
		}
	}
	return errors.Join(faults...)
}

// maxShown bounds a value in a sentence, in bytes.
const maxShown = 100

func shown(s string) string {
	if len(s) <= maxShown {
		return s
	}
	return strings.ToValidUTF8(s[:maxShown], "") + "…"
}

// Judge holds the answer against what is wanted: a Verdict when it is wrong,
// else the state and the value's perf (nil when no limits are set).
func (w Want) Judge(rows Rows, peer string) (checks.State, *checks.Perf, error) {
	bad := func(m text.Message) (checks.State, *checks.Perf, error) {
		return checks.Critical, nil, &netdial.Verdict{Reason: checks.ReasonContent, Summary: m}
	}
	got, some := rows.First()
	who := text.Str("peer", peer)
	if !some && (w.Expect != "" || w.ExpectRegexp != "" || w.Warning != nil || w.Critical != nil) {
		return bad(text.M("check.sql.empty", who))
	}
	if w.Expect != "" && got != w.Expect {
		return bad(text.M("check.sql.other", who, text.Str("got", shown(got)), text.Str("want", w.Expect)))
	}
	if w.ExpectRegexp != "" {
		if ok, err := regexp.MatchString(w.ExpectRegexp, got); err != nil || !ok {
			return bad(text.M("check.sql.other", who, text.Str("got", shown(got)), text.Str("want", w.ExpectRegexp)))
		}
	}
	if w.Warning == nil && w.Critical == nil {
		return checks.OK, nil, nil
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(got), 64)
	if err != nil {
		return bad(text.M("check.sql.no_number", who, text.Str("got", shown(got))))
	}
	return checks.Judge(v, w.Warning, w.Critical), &checks.Perf{Label: "value", Value: v, Warn: w.Warning.AsRange(), Crit: w.Critical.AsRange()}, nil
}

// Limits are those of the time of a run and of the lag.
type Limits struct {
	Warning, Critical       *checks.Threshold
	LagWarning, LagCritical *checks.Threshold
}

// Answered makes the result of a run that got an answer.
func (w Want) Answered(phases *netdial.Phases, rows Rows, peer string, took time.Duration, l Limits) checks.Result {
	state, value, err := w.Judge(rows, peer)
	if err != nil {
		r := netdial.Result(phases, err)
		r.Evidence = rows.Evidence()
		return r
	}
	got, _ := rows.First()
	r := checks.Result{
		State: state, Phases: phases.Seal(),
		Perf:    []checks.Perf{netdial.TimePerf(took, l.Warning, l.Critical), {Label: "rows", Value: float64(len(rows.Rows))}},
		Summary: text.M("check.sql.ok", text.Str("peer", peer), text.Str("got", shown(got)), text.Dur("took", took)),
	}
	if value != nil {
		r.Perf = append(r.Perf, *value)
	}
	if state != checks.OK {
		r.Summary = text.M("check.sql.value", text.Str("peer", peer), text.Str("got", shown(got)))
	}
	return slow(r, rows, peer, took, l)
}

// Lagging makes the result of a replica that runs, behind by lag.
func Lagging(phases *netdial.Phases, rows Rows, peer string, lag, took time.Duration, l Limits) checks.Result {
	r := checks.Result{
		State: checks.Judge(lag.Seconds(), l.LagWarning, l.LagCritical), Phases: phases.Seal(),
		Perf: []checks.Perf{
			netdial.TimePerf(took, l.Warning, l.Critical),
			{Label: "lag", Value: lag.Seconds(), Unit: checks.UnitSeconds, Warn: l.LagWarning.AsRange(), Crit: l.LagCritical.AsRange()},
		},
		Summary: text.M("check.sql.lag", text.Str("peer", peer), text.Dur("lag", lag)),
	}
	return slow(r, rows, peer, took, l)
}

// slow makes a result worse when the time is beyond its limits, and ends it.
func slow(r checks.Result, rows Rows, peer string, took time.Duration, l Limits) checks.Result {
	if state := checks.Judge(took.Seconds(), l.Warning, l.Critical); state.Worse(r.State) {
		r.State = state
		r.Summary = text.M("check.sql.slow", text.Str("peer", peer), text.Dur("took", took))
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, rows.Evidence()
	}
	return r
}

// Refused is a server that said no in its own words.
func Refused(reason checks.Reason, peer, code, words string) error {
	id := text.M("check.sql.refused", text.Str("peer", peer), text.Str("code", code), text.Str("detail", shown(words)))
	if reason == checks.ReasonAuth {
		id = text.M("check.sql.auth", text.Str("peer", peer), text.Str("code", code), text.Str("detail", shown(words)))
	}
	return &netdial.Verdict{Reason: reason, Summary: id}
}

// NoReplica is a server that is no replica, or one that has stopped.
func NoReplica(peer, detail string) error {
	if detail == "" {
		return &netdial.Verdict{Reason: checks.ReasonContent, Summary: text.M("check.sql.no_replica", text.Str("peer", peer))}
	}
	return &netdial.Verdict{Reason: checks.ReasonContent, Summary: text.M("check.sql.replica_stopped", text.Str("peer", peer), text.Str("detail", shown(detail)))}
}
