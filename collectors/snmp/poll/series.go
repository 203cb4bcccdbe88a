package poll

import "slices"

// ResetMetric is 1 for a row at a poll before which its counters were reset, and
// has no value otherwise: a counter of 64 bits that jumped ahead does not show it.
const ResetMetric = "monitord_snmp_counters_reset"

// Series gives what a poll read to a sink: each known value under its column's
// name, with its row's labels. A value that would be a guess is left out.
func (p *Poller) Series(r Reading, sink Sink) {
	reset := p.resets(r)
	for i := range r.Rows {
		one := &r.Rows[i]
		for c := range p.table.Facts {
			add(sink, &p.table.Facts[c], one.Facts[c], one.Labels)
		}
		for c := range p.table.Columns {
			add(sink, &p.table.Columns[c], one.Values[c], one.Labels)
		}
		if reset(one.Name) {
			sink.Add(ResetMetric, 1, one.Labels...)
		}
	}
}

// resets says of a row whether its counters were reset before this poll.
func (p *Poller) resets(r Reading) func(row string) bool {
	rows, all := map[string]bool{}, false
	for _, h := range r.Happened {
		switch h.Kind {
		case Restarted:
			all = true
		case Reset:
			rows[h.Row] = true
		}
	}
	counts := slices.ContainsFunc(p.table.Columns, func(c Column) bool { return c.Kind.counter() })
	return func(row string) bool { return counts && (all || rows[row]) }
}

func add(sink Sink, col *Column, v Value, labels []string) {
	if col.Metric != "" && col.Kind.shown() && v.Known && !v.Blind {
		sink.Add(col.Metric, v.Number, labels...)
	}
}
