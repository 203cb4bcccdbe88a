package inventory

import (
	"slices"

	"monitord/internal/config"
	"monitord/internal/hostlogs"
)

// readLogs decodes the merged logs of the host. Only a host with a probe follows
// them; a host that may get one later has them read too, for their faults.
func (hb *hostBuilder) readLogs() {
	if hb.logs == nil || hb.logs.Kind == config.Null {
		return
	}
	path := hb.path + ".logs"
	expanded, faults := hb.logs.MapText(path, hb.expand)
	c, err := hostlogs.Decode(expanded, path)
	if hb.faults = append(hb.faults, faults...); len(faults) > 0 || err != nil {
		hb.faults = append(hb.faults, config.AllFaults(err, path)...)
		return
	}
	if c.Follows() {
		hb.host.Logs = &c
	}
}

// logs lists what is written about logs, each value with its source.
func (e *Effective) logs(path string, n *config.Node) {
	switch {
	case n == nil || n.Kind == config.Null:
	case n.Kind == config.Map:
		for _, entry := range n.Entries {
			e.logs(config.KeyPath(path, entry.Key), entry.Value)
		}
	case n.Kind == config.List && !slices.ContainsFunc(n.Items, func(i *config.Node) bool { return i.Kind != config.Scalar }):
		var words []string
		for _, item := range n.Items {
			words = append(words, item.Text)
		}
		e.Values = append(e.Values, Value{path, nonNil(words), source(n)})
	case n.Kind == config.List:
		for i, item := range n.Items {
			e.logs(config.IndexPath(path, i), item)
		}
	default:
		e.Values = append(e.Values, Value{path, n.Text, source(n)})
	}
}
