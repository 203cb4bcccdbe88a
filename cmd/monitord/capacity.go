package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"text/tabwriter"
	"time"

	"monitord/internal/text"
	"monitord/internal/trendwatch"
)

// capacityCmd lists the limits of the fleet.
type capacityCmd struct {
	dataFlag
	Host string `help:"Only of this host."`
	JSON bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (capacityCmd) Help() string {
	return `Example: monitord capacity --host db1
REACHED is the even chance, EARLIEST one chance in ten, LATEST nine in ten. ORDER BY is the earliest date less the lead time of trends.lead.`
}

// capacityAnswer is what the server answers.
type capacityAnswer struct {
	Limits []struct {
		Host, Item, Unit string
		Now, Limit       float64
		Enough, Reached  bool
		P10, P50, P90    *time.Time
		OrderBy          *time.Time `json:"order_by"`
	}
	Left int
}

// Run asks the running server and prints a table.
func (c capacityCmd) Run(e *env) error {
	form := url.Values{}
	if c.Host != "" {
		form.Set("host", c.Host)
	}
	var raw json.RawMessage
	if err := c.ask(e.ctx, http.MethodGet, "/api/monitord/capacity", form, &raw); err != nil {
		return err
	}
	if c.JSON {
		_, err := e.stdout.Write(raw)
		return err
	}
	var a capacityAnswer
	if err := json.Unmarshal(raw, &a); err != nil {
		return fmt.Errorf("answer of the server: %w", err)
	}
	out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintf(out, "HOST\tWHAT\tNOW\tLIMIT\tREACHED\tEARLIEST\tLATEST\tORDER BY\n")
	for _, l := range a.Limits {
		unit := trendwatch.Unit(l.Unit)
		reached := dayOf(l.P50)
		switch {
		case !l.Enough:
			reached = "too little data"
		case l.Reached:
			reached = "now"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Host, l.Item, amount(unit, l.Now), amount(unit, l.Limit),
			reached, dayOf(l.P10), dayOf(l.P90), orderDay(l.OrderBy))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if a.Left > 0 {
		fmt.Fprintf(e.stderr, "note: %d series are not judged: raise trends.max_series, or narrow the rules\n", a.Left)
	}
	return nil
}

func amount(u trendwatch.Unit, v float64) string {
	a := u.Arg("v", v)
	if a.Msg != nil {
		return text.Default().Render(text.English, time.Local, *a.Msg)
	}
	return text.FormatArg(text.English, time.Local, a)
}

func dayOf(t *time.Time) string {
	if t == nil {
		return "not in sight"
	}
	return t.Local().Format("2006-01-02 15:04")
}

// orderDay is empty where nothing is to be ordered.
func orderDay(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Local().Format("2006-01-02")
}
