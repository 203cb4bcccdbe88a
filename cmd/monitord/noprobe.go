package main

import (
	"log/slog"
	"slices"

	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

// warnNoProbe logs, per host, the checks that are for a probe which is not
// enrolled. It is no fault: the first configuration is often written before the
// probes are there, and enrolling one puts its checks in force.
func warnNoProbe(log *slog.Logger, inv *inventory.Inventory, enrolled []string) {
	for _, h := range inv.Hosts {
		if slices.Contains(enrolled, h.Name) {
			continue
		}
		var waiting []string
		for _, c := range h.Checks {
			if c.RunOn == inventory.RunProbe {
				waiting = append(waiting, h.Name+"/"+c.Name)
			}
		}
		if len(waiting) > 0 {
			log.Warn("no results of these checks: their host has no probe; enrol one with `monitord probe add "+h.Name+
				"`, or write `run_on: server` to run them on the server's machine", logkeys.Check, waiting)
		}
		if h.Logs != nil {
			log.Warn("logs of this host are not followed: it has no probe; enrol one with `monitord probe add "+h.Name+"`", logkeys.Host, h.Name)
		}
	}
}
