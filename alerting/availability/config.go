package availability

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"monitord/internal/config"
)

// Sample is the part of the configuration file that this room reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section availability.
type Config struct {
	Down     Level                   `yaml:"down"`     // from which state on a service is down
	Downtime Mode                    `yaml:"downtime"` // what becomes of planned downtime where nobody says otherwise
	Nodes    map[string]*config.Node `yaml:"trees"`    // read by Validate: see Trees

	trees []Tree
}

// DefaultConfig is what holds where nothing is written: CRITICAL is down,
// downtime counts, no trees.
func DefaultConfig() Config { return Config{} }

// sectionName is the top-level key.
const sectionName = "availability"

// Section is this room's part of the configuration. Its value is a *Config.
func Section() config.Section {
	return config.Section{Name: sectionName, Target: func() any { c := DefaultConfig(); return &c }}
}

// maxTrees bounds what each page and report works out.
const maxTrees = 200

// Validate reads the trees and reports every fault. Whether the services exist
// is for Check.
func (c *Config) Validate() error {
	c.trees = nil
	var faults config.Faults
	for _, name := range slices.Sorted(maps.Keys(c.Nodes)) {
		path := config.KeyPath(config.KeyPath(sectionName, "trees"), name)
		root, wrong := parseTree(c.Nodes[name], path)
		faults = append(faults, wrong...)
		if err := validName(name); err != nil {
			faults = append(faults, config.AllFaults(err, path)...)
		}
		if root != nil {
			c.trees = append(c.trees, Tree{Name: name, Root: root})
		}
	}
	if n := len(c.Nodes); n > maxTrees {
		faults = append(faults, config.AllFaults(config.Faultf("trees", "too many (got %d; want at most %d)", n, maxTrees), sectionName)...)
	}
	return faults.Err()
}

// validName keeps names short enough for a heading, and without what would
// have to be quoted on a command line.
func validName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "\x00\t\r\n") || strings.TrimSpace(name) != name {
		return fmt.Errorf("not a name for a tree (got %q; want 1 to 100 bytes, without line breaks and blanks around it)", name)
	}
	return nil
}

// Trees lists the trees, sorted by name.
func (c *Config) Trees() []Tree { return c.trees }

// Check reports the services whose host or check does not exist. known is asked
// with a check's name, and with "" whether there is the host.
func (c *Config) Check(known func(host, check string) bool) error {
	var faults config.Faults
	for _, t := range c.trees {
		t.Root.walk(func(leaf *Node) {
			s := leaf.Service
			problem := ""
			switch {
			case !known(s.Host, ""):
				problem = fmt.Sprintf("unknown host (got %q; want host/check of a host under hosts, or of an enrolled probe)", s.Host)
			case !known(s.Host, s.Check):
				problem = fmt.Sprintf("unknown check (got %q; want host/check; monitord config show --host %s lists them)", s.Host+"/"+s.Check, s.Host)
			default:
				return
			}
			faults = append(faults, config.PlacedFault{Place: leaf.place, Path: leaf.path, Problem: problem})
		})
	}
	return faults.Err()
}
