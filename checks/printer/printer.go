package printer

import (
	_ "embed"
	"strings"

	"monitord/checks"
	"monitord/checks/internal/snmpask"
	"monitord/collectors/snmp/poll"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "printer", Summary: "printer.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts: []snmpask.Part{
			partSupplies: {Table: supplies(), Judge: level("", snmpask.Limits{Warning: cfg.SupplyWarning, Critical: cfg.SupplyCritical})},
			partTrays: {Table: trays(), Item: func(r poll.Row) string { return trayPrefix + r.Name },
				Judge: level(trayPrefix, snmpask.Limits{Warning: cfg.TrayWarning, Critical: cfg.TrayCritical})},
			partPages:  {Table: pages()},
			partErrors: {Table: detected()},
			partAlerts: {Table: alerts()},
		},
		All: status, Summary: "printer.summary", None: "printer.none",
	}, deps)
}

// maxKnown bounds the rows that are remembered, should a printer rename them.
const maxKnown = 1000

// trayPrefix stands before the name of a tray.
const trayPrefix = "tray "

// level judges what is left of something whose item has the prefix. What the printer
// never knew is no fault of today; a level that was low waits until it is known:
// silence is no recovery.
func level(prefix string, limits snmpask.Limits) func(poll.Row, snmpask.Reading) (checks.Result, bool) {
	known := map[string]bool{} // by row: its level was known once
	return func(r poll.Row, d snmpask.Reading) (checks.Result, bool) {
		at, most := r.Values[colLevel], r.Facts[factMax]
		if at.Known && at.Number != levelUnknown && len(known) < maxKnown {
			known[r.Name] = true
		}
		if most.Number == levelUnknown && r.Facts[factUnit].Number == unitPercent {
			most.Number = 100
		}
		switch {
		case (!at.Known || at.Number == levelUnknown) && !known[r.Name] && d.Previous[prefix+r.Name] == checks.OK:
			return checks.Result{Summary: text.M("printer.unknown")}, true
		case !at.Known, at.Number == levelUnknown:
			return checks.Result{State: checks.Unknown, Reason: checks.ReasonNoData, Summary: text.M("printer.unknown")}, true
		case at.Number == levelSome:
			return checks.Result{Summary: text.M("printer.some")}, true
		case at.Number == levelOther:
			return checks.Result{Summary: text.M("printer.other")}, true
		case at.Number < 0:
			return checks.Result{State: checks.Unknown, Reason: checks.ReasonContent, Summary: text.M("printer.unknown")}, true
		case most.Number <= 0 && at.Number > 0:
			return checks.Result{Summary: text.M("printer.count", text.Num("level", at.Number)), Perf: []checks.Perf{{Label: "level", Value: at.Number}}}, true
		}
		share := 0.0 // none of an unknown maximum is none
		if most.Number > 0 {
			share = at.Number / most.Number
		}
		res := checks.Result{Summary: text.M("printer.left", text.Ratio("left", share))}
		limits.Judge(&res, checks.Perf{Label: "left", Value: share, Unit: checks.UnitRatio}, res.Summary)
		return res, true
	}
}

// status is what is wrong with the printer, by its own words.
func status(d snmpask.Reading) []checks.Result {
	if len(d.Parts[partErrors])+len(d.Parts[partSupplies])+len(d.Parts[partAlerts]) == 0 {
		return nil
	}
	res := checks.Result{Item: "status"}
	var names []string
	worst := checks.OK
	add := func(name string, state checks.State) {
		names, worst = append(names, name), max(worst, state)
	}
	for _, r := range d.Parts[partErrors] {
		for i, t := range troubles {
			if octets := r.Values[0].Text; i/8 < len(octets) && octets[i/8]&(0x80>>(i%8)) != 0 {
				add(t.name, t.state)
			}
		}
	}
	for _, r := range d.Parts[partAlerts] {
		switch message := r.Values[colText].Text; {
		case message == "":
		case r.Values[colSeverity].Number == severityCritical:
			add(message, checks.Warning) // it stops printing: the bits say what it is worth
		case r.Values[colSeverity].Number == severityWarning:
			add(message, checks.OK)
		}
	}
	res.State, res.Summary = worst, text.M("printer.fine")
	if len(names) > 0 {
		res.Summary = text.M("printer.trouble", text.Str("names", strings.Join(names, ", ")))
	}
	if worst != checks.OK {
		res.Reason = checks.ReasonStatus
	}
	for _, r := range d.Parts[partPages] {
		if v := r.Values[0]; v.Known {
			res.Perf = append(res.Perf, checks.Perf{Label: "pages_" + r.Index, Value: v.Number, Unit: checks.UnitCount})
		}
	}
	return []checks.Result{res}
}
