package ucd

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
		Name: "ucd", Summary: "ucd.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New:       func(c checks.Config, deps checks.Deps) (checks.Check, error) { return New(*c.(*Config), deps) },
	}
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*snmpask.Check, error) {
	return snmpask.New(cfg.Options, snmpask.Kind{
		Parts: []snmpask.Part{
			partProcess: {Table: processTable(), Item: named("process "), Judge: judge(states[cfg.Process], process)},
			partDisk:    {Table: diskTable(), Item: named("disk "), Judge: judge(states[cfg.Disk], disk)},
			partLoad:    {Table: loadTable(), Item: loadName, Judge: judge(states[cfg.Load], load)},
			partMemory:  {Table: memoryTable(), Item: func(poll.Row) string { return "swap" }, Judge: judgeSwap(states[cfg.Swap])},
		},
		Summary: "ucd.summary", None: "ucd.none",
	}, deps)
}

func named(prefix string) func(poll.Row) string {
	return func(r poll.Row) string { return prefix + r.Name }
}

// loadName makes "load 5 min" of Load-5.
func loadName(r poll.Row) string { return "load " + strings.TrimPrefix(r.Name, "Load-") + " min" }

// judge judges a row by its flag: what stands in describe is shown while it is
// down, the agent's own message when it is up.
func judge(raised checks.State, describe func(poll.Row) (text.Message, []checks.Perf)) func(poll.Row, snmpask.Reading) (checks.Result, bool) {
	return func(r poll.Row, _ snmpask.Reading) (checks.Result, bool) {
		flag := r.Values[colFlag]
		if !flag.Known { // nobody watches it
			return checks.Result{}, false
		}
		var res checks.Result
		res.Summary, res.Perf = describe(r)
		if flag.Number != 0 {
			message := r.Values[colMessage].Text
			if message == "" {
				snmpask.Worse(&res, raised, checks.ReasonStatus, text.M("ucd.raised", text.Sub("what", res.Summary)))
			} else {
				snmpask.Worse(&res, raised, checks.ReasonStatus, text.Verbatim(message))
			}
		}
		return res, true
	}
}

func process(r poll.Row) (text.Message, []checks.Perf) {
	count := r.Values[colCount].Number
	return text.M("ucd.process", text.Num("count", count)), []checks.Perf{{Label: "processes", Value: count}}
}

// kilobyte is the unit of UCD-SNMP-MIB's sizes.
const kilobyte = 1024

func disk(r poll.Row) (text.Message, []checks.Perf) {
	size := halves(r, colTotalLow, colTotalHigh, colTotal) * kilobyte
	used := halves(r, colUsedLow, colUsedHigh, colUsed) * kilobyte
	if size <= 0 {
		return text.M("ucd.fine"), nil
	}
	share := used / size
	if r.Values[colAvailLow].Known || r.Values[colAvail].Known { // as df: what is kept for root counts as neither
		avail := halves(r, colAvailLow, colAvailHigh, colAvail) * kilobyte
		share = used / max(used+avail, 1)
	}
	return text.M("ucd.disk", text.Ratio("share", share), text.Bytes("size", size)), []checks.Perf{
		{Label: "size", Value: size, Unit: checks.UnitBytes}, {Label: "used", Value: used, Unit: checks.UnitBytes},
		{Label: "share", Value: share, Unit: checks.UnitRatio},
	}
}

// halves is a number of 64 bits in two columns; else what stands in for it.
func halves(r poll.Row, low, high, instead int) float64 {
	if !r.Values[low].Known {
		return r.Values[instead].Number
	}
	return r.Values[high].Number*(1<<32) + r.Values[low].Number
}

func load(r poll.Row) (text.Message, []checks.Perf) {
	v := r.Values[colLoad].Number / 100
	return text.M("ucd.load", text.Num("load", v)), []checks.Perf{{Label: "load", Value: v}}
}

// judgeSwap leaves the flag of a machine that has no swap space at all: snmpd says
// that it runs out of it.
func judgeSwap(raised checks.State) func(poll.Row, snmpask.Reading) (checks.Result, bool) {
	byFlag := judge(raised, swap)
	return func(r poll.Row, d snmpask.Reading) (checks.Result, bool) {
		res, ok := byFlag(r, d)
		if told := r.Values[colTotalSwap64].Known || r.Values[colTotalSwap].Known; told && first(r, colTotalSwap64, colTotalSwap) == 0 {
			res = checks.Result{Summary: text.M("ucd.noswap")}
		}
		return res, ok
	}
}

func swap(r poll.Row) (text.Message, []checks.Perf) {
	total, free := first(r, colTotalSwap64, colTotalSwap)*kilobyte, first(r, colAvailSwap64, colAvailSwap)*kilobyte
	if total <= 0 {
		return text.M("ucd.noswap"), nil
	}
	return text.M("ucd.swap", text.Bytes("free", free), text.Bytes("size", total)), []checks.Perf{
		{Label: "size", Value: total, Unit: checks.UnitBytes}, {Label: "free", Value: free, Unit: checks.UnitBytes}}
}

// first is the value of the first column that the row has.
func first(r poll.Row, columns ...int) float64 {
	for _, c := range columns {
		if r.Values[c].Known {
			return r.Values[c].Number
		}
	}
	return 0
}
