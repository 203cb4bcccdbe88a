package dashboards

import (
	"time"

	"monitord/alerting"
	"monitord/alerting/oncall"
	"monitord/internal/text"
)

// dutyRow is who is on call by one rota.
type dutyRow struct {
	Rota  string
	Who   string
	Until string // empty: for longer than two weeks
}

// duties lists who is on call now.
func (v *view) duties() []dutyRow {
	var list []dutyRow
	for _, d := range oncall.Duties(v.p.Inventory(), v.Now) {
		row := dutyRow{Rota: cut(d.Rota, 30), Who: cut(d.Contact, 30)}
		if !d.Until.IsZero() {
			row.Until = v.say(text.M("page.oncall.until", text.Time("at", d.Until), text.Str("then", cut(d.Then, 30))))
		}
		list = append(list, row)
	}
	return list
}

// nextRow is somebody who will be told.
type nextRow struct{ At, Who, How string }

// How far a page looks ahead.
const (
	aheadFor   = 12 * time.Hour
	aheadLines = 5
)

// ahead lists who will be told of an open incident that nobody takes.
func (v *view) ahead(in alerting.Incident, silent bool) []nextRow {
	if !in.Closed.IsZero() || in.AckedBy != "" || silent {
		return nil
	}
	inv := v.p.Inventory()
	c := oncall.Case{Service: in.Service, State: in.State, At: v.Now, For: aheadFor, Limit: aheadLines}
	if h, ok := inv.Host(in.Service.Host); ok {
		for i := range h.Checks {
			if h.Checks[i].Name == in.Service.Check {
				c.Period = h.Checks[i].Judge.NotifyPeriod
			}
		}
	}
	var list []nextRow
	for _, p := range oncall.Ahead(inv, in.Telling.Progress, c) {
		if p.Absent == nil && len(list) < aheadLines {
			list = append(list, nextRow{At: v.clock(p.At), Who: cut(p.Recipient.Contact.Name, 60), How: cut(p.Recipient.Channel.Kind+" "+p.Recipient.Channel.To, 80)})
		}
	}
	return list
}
