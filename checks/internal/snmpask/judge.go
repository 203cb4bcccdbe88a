package snmpask

import (
	"monitord/checks"
	"monitord/collectors/snmp"
	"monitord/collectors/snmp/poll"
	"monitord/internal/text"
)

// Worse makes a result worse: state, reason and sentence count when the state is
// worse than what is there. UNKNOWN is not; it is where nothing else is known.
func Worse(res *checks.Result, state checks.State, reason checks.Reason, sentence text.Message) {
	if rank(state) > rank(res.State) {
		res.State, res.Reason, res.Summary = state, reason, sentence
	}
}

// rank orders states by how much they matter: UNKNOWN is less than WARNING.
func rank(s checks.State) int {
	return [...]int{checks.OK: 0, checks.Unknown: 1, checks.Warning: 2, checks.Critical: 3}[s]
}

// Limits are those of one measured value; nil ones set none.
type Limits struct{ Warning, Critical *checks.Threshold }

// Judge adds a measured value, and its state when that is worse than what is
// there.
func (l Limits) Judge(res *checks.Result, p checks.Perf, sentence text.Message) {
	l.JudgeWith(res, p, func() text.Message { return sentence })
}

// JudgeWith is Judge for thousands of rows: the sentence is only made where the value
// is beyond a limit.
func (l Limits) JudgeWith(res *checks.Result, p checks.Perf, sentence func() text.Message) {
	p.Warn, p.Crit = l.Warning.AsRange(), l.Critical.AsRange()
	res.Perf = append(res.Perf, p)
	if state := checks.Judge(p.Value, l.Warning, l.Critical); state != checks.OK {
		Worse(res, state, checks.ReasonThreshold, sentence())
	}
}

// Limit is a limit of ours, whose text is right.
func Limit(s string) *checks.Threshold {
	t, err := checks.ParseThreshold(s)
	if err != nil {
		return nil
	}
	return &t
}

// Gauge is a column whose values stand for themselves.
func Gauge(metric, oid string) poll.Column {
	return poll.Column{Metric: metric, OID: snmp.MustOID(oid)}
}

// Text is a column of text, which is judged and shown.
func Text(oid string) poll.Column { return poll.Column{OID: snmp.MustOID(oid), Kind: poll.Text} }

// Counter is a column of 32-bit counters.
func Counter(metric, oid string) poll.Column {
	return poll.Column{Metric: metric, OID: snmp.MustOID(oid), Kind: poll.Counter32}
}

// Table completes a table that has neither speeds nor discontinuities.
func Table(t poll.Table) poll.Table {
	t.Speed, t.Discontinuity = -1, -1
	return t
}

// Scalars is the table of a group of scalars: its row is there when the agent has
// the first of them.
func Scalars(name string, columns ...poll.Column) poll.Table {
	return Table(poll.Table{Name: name, Facts: []poll.Column{{OID: columns[0].OID, Kind: columns[0].Kind}}, Need: 1, Columns: columns})
}

// First is the first row of a part, such as that of scalars; ok is false when
// there is none.
func (d Reading) First(part int) (row poll.Row, ok bool) {
	if len(d.Parts[part]) == 0 {
		return poll.Row{}, false
	}
	return d.Parts[part][0], true
}
