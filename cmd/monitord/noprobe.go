package main

import (
	"log/slog"
	"maps"
	"slices"

	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

// warnNoProbe logs, per probe, the checks that are for one which is not
// enrolled. It is no fault: the first configuration is often written before the
// probes are there, and enrolling one puts its checks in force.
func warnNoProbe(log *slog.Logger, inv *inventory.Inventory, enrolled []string) {
	waiting := map[string][]string{} // by the host whose probe is missing
	for _, h := range inv.Hosts {
		for _, c := range h.Checks {
			if c.Probe != "" && !slices.Contains(enrolled, c.Probe) {
				waiting[c.Probe] = append(waiting[c.Probe], h.Name+"/"+c.Name)
			}
		}
		if h.Logs != nil && !slices.Contains(enrolled, h.Name) {
			log.Warn("logs of this host are not followed: it has no probe; enrol one with `monitord probe add "+h.Name+"`", logkeys.Host, h.Name)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(waiting)) {
		log.Warn("no results of these checks: "+host+" has no probe; enrol one with `monitord probe add "+host+
			"`, or write `run_on: server` to run them on the server's machine", logkeys.Check, waiting[host])
	}
}
