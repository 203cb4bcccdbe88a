package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"monitord/internal/config"
)

// origin remembers where a host's values were written.
type origin struct {
	path   string
	root   *config.Node
	checks map[string]*config.Node
	logs   *config.Node
	from   map[string]*config.Node // by path below the host; what is not in it stands at the host itself
}

// Effective is a host's configuration in force, and where each value came from.
type Effective struct {
	Host   string  `json:"host"`
	Values []Value `json:"values"`
}

// Value is one value in force.
type Value struct {
	Path   string `json:"path"`   // below the host, such as checks.front.interval
	Value  any    `json:"value"`  // text, number, bool, list or mapping
	Source string `json:"source"` // file:line, or "default"
}

// Show lists the effective configuration of a host. Secrets appear as the path
// of their file.
func (inv *Inventory) Show(host string) (*Effective, error) {
	h, ok := inv.Host(host)
	if !ok {
		return nil, fmt.Errorf("show host %s: there is no such host", host)
	}
	o := inv.origins[host]
	e := &Effective{Host: host}
	for _, v := range []Value{{Path: "address", Value: h.Address}, {Path: "groups", Value: nonNil(h.Groups)}, {Path: "parents", Value: nonNil(h.Parents)}, {Path: "templates", Value: nonNil(h.Templates)}, {Path: "alive", Value: h.Alive}} {
		v.Source = o.at(v.Path)
		e.Values = append(e.Values, v)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Vars)) {
		path := config.KeyPath("vars", name)
		e.Values = append(e.Values, Value{path, h.Vars[name], o.at(path)})
	}
	for _, c := range h.Checks {
		if err := e.check(c, o.checks[c.Name]); err != nil {
			return nil, fmt.Errorf("show host %s: check %s: %w", host, c.Name, err)
		}
	}
	e.logs("logs", o.logs)
	return e, nil
}

func nonNil(s []string) []string { return append([]string{}, s...) }

func (o origin) at(path string) string {
	if n := o.from[path]; n != nil {
		return source(n)
	}
	return source(o.root.At(o.path).At(path))
}

func source(n *config.Node) string {
	if n == nil || n.Place.IsZero() {
		return "default"
	}
	return n.Place.Short()
}

func (e *Effective) check(c Check, n *config.Node) error {
	raw, err := config.Marshal(c.Config)
	if err != nil {
		return err
	}
	special := map[string]any{}
	if err := json.Unmarshal(raw, &special); err != nil {
		return err
	}
	common := []Value{
		{Path: "type", Value: c.Type},
		{Path: "interval", Value: config.FormatDuration(c.Interval)},
		{Path: "timeout", Value: config.FormatDuration(c.Timeout)},
		{Path: "max_attempts", Value: c.MaxAttempts},
		{Path: "retry_interval", Value: config.FormatDuration(c.RetryInterval)},
		{Path: "run_on", Value: c.RunOn},
	}
	common = append(common, judgeValues(c.Judge, freshness(c.Interval, c.Timeout))...)
	for _, v := range common {
		delete(special, v.Path)
	}
	for _, key := range slices.Sorted(maps.Keys(special)) {
		common = append(common, Value{Path: key, Value: special[key]})
	}
	for _, v := range common {
		v.Source = source(n.Get(v.Path))
		v.Path = config.KeyPath("checks", c.Name) + "." + v.Path
		e.Values = append(e.Values, v)
	}
	return nil
}

// WriteText writes a table for people: path, value, source.
func (e *Effective) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "host %s\n", e.Host)
	for _, v := range e.Values {
		value, err := json.Marshal(v.Value)
		if err != nil {
			return err
		}
		if s, ok := v.Value.(string); ok && s != "" && !strings.ContainsAny(s, "\t\n\"") {
			value = []byte(s)
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", v.Path, value, v.Source)
	}
	return tw.Flush()
}

// judgeValues lists what of the rules of judging is not the default; fresh is
// the default of freshness.
func judgeValues(j Judge, fresh time.Duration) []Value {
	var list []Value
	add := func(set bool, path string, value any) {
		if set {
			list = append(list, Value{Path: path, Value: value})
		}
	}
	add(j.Freshness != fresh, "freshness", config.FormatDuration(j.Freshness))
	add(j.FlapHigh != defaultFlapHigh, "flap_high", j.FlapHigh)
	add(j.FlapLow != defaultFlapLow, "flap_low", j.FlapLow)
	add(j.ConfirmAfter > 0, "confirm_after", config.FormatDuration(j.ConfirmAfter))
	add(j.RecoverAfter > 0, "recover_after", config.FormatDuration(j.RecoverAfter))
	add(j.Volatile, "volatile", true)
	add(j.EveryChange, "notify_changes", "all")
	add(j.NotifyPeriod != nil, "notify_period", j.NotifyPeriod.Name())
	add(j.CheckPeriod != nil, "check_period", j.CheckPeriod.Name())
	var on []string
	for _, name := range slices.Sorted(maps.Keys(notifyNames)) {
		if j.NotifyOn&notifyNames[name] != 0 {
			on = append(on, name)
		}
	}
	add(on != nil, "notify_on", on)
	for i, d := range j.DependsOn {
		add(true, config.IndexPath("depends_on", i), map[string]any{"of": d.Of, "at_least": d.AtLeast})
	}
	return list
}
