package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"monitord/alerting/oncall"
)

// oncallCmd says who is on call, from the configuration alone.
type oncallCmd struct {
	Config string `help:"Configuration file or directory." placeholder:"FILE|DIR"`
	At     string `help:"At this time: 03:00 or '2026-12-24 03:00'; default now." placeholder:"TIME"`
	JSON   bool   `help:"Print JSON."`
}

// Help is the end of --help.
func (oncallCmd) Help() string {
	return "Example: monitord oncall --config /etc/monitord --at '2026-12-24 03:00'"
}

// Run needs no running server.
func (c oncallCmd) Run(e *env) error {
	inv, err := readInventory(c.Config, nil)
	if err != nil {
		return err
	}
	at, err := readMoment(c.At, inv.Zone, time.Now())
	if err != nil {
		return err
	}
	duties := oncall.Duties(inv, at)
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(duties)
	}
	if len(duties) == 0 {
		_, err := fmt.Fprintln(e.stderr, "no rota is configured: see `monitord config example`")
		return err
	}
	out := tabwriter.NewWriter(e.stdout, 0, 8, 2, ' ', 0)
	fmt.Fprintln(out, "ROTA\tON CALL\tUNTIL\tTHEN")
	for i, d := range duties {
		until := "-"
		if !d.Until.IsZero() {
			until = d.Until.In(inv.Rotas[i].Zone).Format("2006-01-02 15:04 MST")
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", d.Rota, d.Contact, until, d.Then)
	}
	return out.Flush()
}
