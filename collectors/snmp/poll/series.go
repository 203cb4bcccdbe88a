package poll

// Series gives what a poll read to a sink: each known value under its column's
// name, with its row's labels. A value that would be a guess is left out.
func (p *Poller) Series(r Reading, sink Sink) {
	for i := range r.Rows {
		one := &r.Rows[i]
		for c := range p.table.Facts {
			add(sink, &p.table.Facts[c], one.Facts[c], one.Labels)
		}
		for c := range p.table.Columns {
			add(sink, &p.table.Columns[c], one.Values[c], one.Labels)
		}
	}
}

func add(sink Sink, col *Column, v Value, labels []string) {
	if col.Metric != "" && col.Kind.shown() && v.Known && !v.Blind {
		sink.Add(col.Metric, v.Number, labels...)
	}
}
