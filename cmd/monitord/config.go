package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"time"

	"monitord/checks"
	"monitord/examples"
	"monitord/internal/inventory"
	"monitord/internal/pki"
	"monitord/internal/plugins"
)

// configCmd groups the verbs about the configuration.
type configCmd struct {
	Check   configCheckCmd   `cmd:"" help:"Report every fault of a configuration. Example: monitord config check /etc/monitord"`
	Show    configShowCmd    `cmd:"" help:"Print what is in force for a host, and where each value comes from."`
	Example configExampleCmd `cmd:"" help:"Print a commented configuration to start from."`
}

// configCheckCmd runs the code of start-up, without starting.
type configCheckCmd struct {
	File string `arg:"" help:"Configuration file or directory."`
}

// Run prints the faults, one a line.
func (c configCheckCmd) Run(e *env) error {
	inv, err := readInventory(c.File, nil)
	if err != nil {
		fmt.Fprintln(e.stdout, err)
		return exitCode(exitFailure)
	}
	count := 0
	for _, h := range inv.Hosts {
		count += len(h.Checks)
	}
	_, err = fmt.Fprintf(e.stderr, "no faults: %d hosts, %d checks, %d contacts\n", len(inv.Hosts), count, len(inv.Contacts))
	return err
}

// configShowCmd shows the effective configuration.
type configShowCmd struct {
	dataFlag
	Config string `help:"Configuration file or directory; without one the embedded default." placeholder:"FILE|DIR"`
	Host   string `required:"" help:"Host to show."`
	JSON   bool   `help:"Print JSON."`
}

// Run needs no running server.
func (c configShowCmd) Run(e *env) error {
	var enrolled []string
	if authority, err := pki.Open(c.pkiDir(), time.Now); err == nil {
		probes, err := authority.Probes()
		if err != nil {
			return err
		}
		for _, p := range probes {
			enrolled = append(enrolled, p.Host)
		}
	}
	inv, err := readInventory(c.Config, enrolled)
	if err != nil {
		return err
	}
	effective, err := inv.Show(c.Host)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(effective)
	}
	return effective.WriteText(e.stdout)
}

// readInventory makes what the server would put in force, checks included; none is
// run.
func readInventory(path string, enrolled []string) (*inventory.Inventory, error) {
	s, err := loadSettings(path)
	if err != nil {
		return nil, err
	}
	deps := checks.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{},
		Query:    func(context.Context, string, time.Time) ([]checks.Point, error) { return nil, nil },
		LastSeen: func(string) (time.Time, bool) { return time.Time{}, false },
		Plugins:  plugins.NewPool(s.Plugins), Names: s.Names,
	}
	g, err := newGeneration(s, enrolled, deps)
	if err != nil {
		return nil, err
	}
	return g.inventory, nil
}

// configExampleCmd prints the example.
type configExampleCmd struct{}

// Run prints.
func (configExampleCmd) Run(e *env) error {
	_, err := fmt.Fprint(e.stdout, examples.Basic)
	return err
}
