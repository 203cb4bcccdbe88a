package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"monitord/internal/config"
	"monitord/internal/hostlogs"
)

// hostBuilder makes one Host.
type hostBuilder struct {
	*builder
	name  string
	path  string // of the host in the configuration
	cfg   *HostConfig
	host  Host
	alive string
	nodes map[string]*config.Node // merged checks, before macros
	logs  *config.Node            // merged, before macros; nil when there are none
	from  map[string]*config.Node // where alive and vars.NAME were written
}

func (hb *hostBuilder) build() Host {
	hb.host = Host{Name: hb.name, Address: hb.cfg.Address, Parents: slices.Clone(hb.cfg.Parents)}
	if _, written := hb.builder.cfg.Hosts[hb.name]; written {
		hb.host.Address = cmp.Or(hb.cfg.Address, hb.name)
	}
	if hb.cfg.Address != "" {
		if err := validAddress(hb.cfg.Address); err != nil {
			hb.fault(hb.path+".address", "%v", err)
		}
	}
	for i, g := range hb.cfg.Groups {
		if err := validGroup(g); err != nil {
			hb.fault(config.IndexPath(hb.path+".groups", i), "%v", err)
		}
	}
	hb.host.Groups = slices.Compact(slices.Sorted(slices.Values(hb.cfg.Groups)))
	hb.layer()
	hb.checkVars()
	hb.chooseAlive()
	for _, name := range slices.Sorted(maps.Keys(hb.nodes)) {
		if c, ok := hb.check(name, hb.nodes[name]); ok {
			hb.host.Checks = append(hb.host.Checks, c)
		}
	}
	hb.readLogs()
	hb.inv.origins[hb.name] = origin{path: hb.path, root: hb.builder.cfg.node, checks: hb.nodes, logs: hb.logs, from: hb.from}
	return hb.host
}

// groups lists the paths of the configured groups of the host, from the top down.
func (hb *hostBuilder) groups() []string {
	var out []string
	seen := map[string]bool{}
	for _, g := range hb.cfg.Groups {
		for _, path := range groupChain(g) {
			if cfg := hb.builder.cfg.Groups[path]; cfg != nil && !seen[path] {
				out = append(out, path)
			}
			seen[path] = true
		}
	}
	return out
}

// layer puts templates, groups and the host's own values over each other.
func (hb *hostBuilder) layer() {
	groups := hb.groups()
	for _, path := range groups {
		hb.host.Templates = append(hb.host.Templates, hb.builder.cfg.Groups[path].Templates...)
	}
	hb.knownTemplates(hb.path, hb.cfg.Templates)
	hb.host.Templates = append(hb.host.Templates, hb.cfg.Templates...)
	if len(hb.host.Templates) == 0 && hb.enrolled[hb.name] {
		hb.host.Templates = []string{DefaultTemplate}
	}
	hb.host.Vars, hb.from = map[string]string{}, map[string]*config.Node{}
	for _, name := range hb.host.Templates {
		if t := hb.templates[name]; t != nil {
			hb.put(config.KeyPath("templates", name), t.Alive, t.Vars, t.Checks, t.Logs)
		}
	}
	for _, path := range groups {
		g := hb.builder.cfg.Groups[path]
		hb.put(config.KeyPath("groups", path), g.Alive, g.Vars, g.Checks, g.Logs)
		if hb.cfg.Parents == nil && len(g.Parents) > 0 {
			// A group's parent may be in the group; it does not hang behind itself.
			hb.host.Parents = slices.DeleteFunc(slices.Clone(g.Parents), func(p string) bool { return p == hb.name })
			hb.from["parents"] = hb.builder.cfg.node.At(config.KeyPath("groups", path) + ".parents")
		}
	}
	hb.put(hb.path, hb.cfg.Alive, hb.cfg.Vars, hb.cfg.Checks, hb.cfg.Logs)
	maps.DeleteFunc(hb.nodes, func(_ string, n *config.Node) bool { return n == nil || n.Kind == config.Null })
}

// put lays one layer, written at path, on top.
func (hb *hostBuilder) put(path, alive string, vars map[string]string, nodes map[string]*config.Node, logs *config.Node) {
	written := hb.builder.cfg.node.At(path)
	if alive != "" {
		hb.alive, hb.from["alive"] = alive, written.At("alive")
	}
	for name, value := range vars {
		hb.host.Vars[name], hb.from[config.KeyPath("vars", name)] = value, written.At("vars").Get(name)
	}
	hb.nodes, hb.logs = layChecks(hb.nodes, nodes), hostlogs.Lay(hb.logs, logs)
}

// reserved are the macros that are no variables.
var reserved = []string{"address", "host", "group"}

func (hb *hostBuilder) checkVars() {
	for _, name := range reserved {
		if _, ok := hb.host.Vars[name]; ok {
			hb.fault(hb.path+".vars."+name, "a variable cannot be called %s: {{%s}} has a meaning already", name, name)
		}
	}
}

// chooseAlive finds, or adds, the check that decides UP or DOWN.
func (hb *hostBuilder) chooseAlive() {
	if hb.alive == "" {
		hb.alive = "none"
		if hb.enrolled[hb.name] {
			hb.alive = "probe"
		} else if hb.host.Address != "" {
			hb.alive = "ping"
		}
	}
	kind, port, hasPort := strings.Cut(hb.alive, ":")
	switch {
	case hb.nodes[hb.alive] != nil:
		hb.host.Alive = hb.alive
	case hb.alive == "none":
	case (hb.alive == "ping" || hb.alive == "probe"):
		hb.addAlive(hb.alive, "type", hb.alive)
	case kind == "tcp" && hasPort:
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			hb.fault(hb.path+".alive", "not a port (got %q; want 1 to 65535)", port)
			return
		}
		hb.addAlive("tcp-"+port, "type", "tcp", "port", port)
	default:
		hb.fault(hb.path+".alive", "no such check (got %q; want ping, tcp:PORT, probe, none, or one of %s)", hb.alive, strings.Join(slices.Sorted(maps.Keys(hb.nodes)), ", "))
	}
}

func (hb *hostBuilder) addAlive(name string, keyValues ...string) {
	place := hb.builder.cfg.node.At(hb.path + ".alive")
	n := &config.Node{Kind: config.Map}
	if place != nil {
		n.Place = place.Place
	}
	for pair := range slices.Chunk(keyValues, 2) {
		value := &config.Node{Kind: config.Scalar, Place: n.Place, Text: pair[1], Style: config.Loose}
		n.Entries = append(n.Entries, config.Entry{Key: pair[0], Place: n.Place, Value: value})
	}
	hb.nodes[name], hb.host.Alive = n, name
}

var macro = regexp.MustCompile(`\{\{[ \t]*([^{}]*?)[ \t]*\}\}`)

// expand replaces {{address}}, {{host}}, {{group}} and variables. What a macro
// stands for is put in as it is and not looked at again.
func (hb *hostBuilder) expand(s string) (string, error) {
	var fault error
	out := macro.ReplaceAllStringFunc(s, func(m string) string {
		name := macro.FindStringSubmatch(m)[1]
		value, err := hb.macro(name)
		if err != nil && fault == nil {
			fault = err
		}
		return value
	})
	return out, fault
}

func (hb *hostBuilder) macro(name string) (string, error) {
	switch name {
	case "host":
		return hb.name, nil
	case "address":
		if hb.host.Address == "" {
			return "", fmt.Errorf("macro {{address}}: host %s is known by its probe only; give it an address", hb.name)
		}
		return hb.host.Address, nil
	case "group":
		if len(hb.cfg.Groups) == 0 {
			return "", fmt.Errorf("macro {{group}}: host %s is in no group", hb.name)
		}
		return hb.cfg.Groups[0], nil
	}
	value, ok := hb.host.Vars[name]
	if !ok {
		known := append(slices.Clone(reserved), slices.Sorted(maps.Keys(hb.host.Vars))...)
		return "", fmt.Errorf("unknown macro {{%s}} (want one of %s)", name, strings.Join(known, ", "))
	}
	return value, nil
}
