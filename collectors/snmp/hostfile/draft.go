package hostfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/discover"
)

// The built-in templates by class, and the checks of each that ask the agent
// (internal/inventory/default.yaml).
var (
	templates = map[discover.Class]string{
		discover.Switch: "snmp-switch", discover.Router: "snmp-switch", discover.PDU: "snmp-switch", discover.Unknown: "snmp-switch",
		discover.Linux: "snmp-linux", discover.Hypervisor: "snmp-server", discover.Firewall: "snmp-server",
		discover.UPS: "snmp-ups", discover.Printer: "snmp-printer",
	}
	checksOf = map[string][]string{
		"snmp-switch":     {"agent", "interface"},
		"snmp-linux":      {"agent", "interface", "storage", "processors", "ucd"},
		"snmp-server":     {"agent", "interface", "storage", "processors"},
		"snmp-ups":        {"agent", "ups"},
		"snmp-printer":    {"printer"},
		"snmp-sensors":    {"sensors"},
		"snmp-processors": {"processors"},
	}
)

// Agent is how a device was reached.
type Agent struct {
	Name        string // of the host
	Address     string
	Port        int
	Credentials string // the file
}

// Draft is the host that a device should be.
func Draft(d *discover.Device, a Agent) Host {
	h := Host{Name: a.Name, Address: a.Address, Credentials: a.Credentials, Comments: describe(d)}
	h.Templates = []string{templates[d.Class]}
	checks := checksOf[h.Templates[0]]
	add := func(template string) {
		h.Templates = append(h.Templates, template)
		checks = append(slices.Clip(checks), checksOf[template]...)
	}
	if slices.ContainsFunc(d.Sensors, ofEntity) {
		add("snmp-sensors")
	}
	if len(d.Processors) > 0 && !slices.Contains(checks, "processors") && h.Templates[0] == "snmp-switch" {
		add("snmp-processors")
	}
	for _, name := range checks {
		if c, ok := overlay(d, name, a.Port); ok {
			h.Checks = append(h.Checks, c)
		}
	}
	h.Checks = append(h.Checks, vendorChecks(d, a)...)
	return h
}

// ofEntity says that the kind of check sensors reads it.
func ofEntity(s discover.Sensor) bool {
	return s.Module == "ENTITY-SENSOR-MIB" || s.Module == "CISCO-ENTITY-SENSOR-MIB"
}

// describe is what stands above a host. Nothing in it changes by itself.
func describe(d *discover.Device) []string {
	lines := []string{string(d.Class) + ": " + discover.Line(d.SysDescr)}
	if name := discover.Line(d.SysName); name != "" {
		lines = append(lines, "sysName "+name)
	}
	var have []string
	count := func(n int, one, many string) {
		if n == 1 {
			have = append(have, "1 "+one)
		} else if n > 1 {
			have = append(have, fmt.Sprintf("%d %s", n, many))
		}
	}
	count(len(d.Interfaces), "interface", "interfaces")
	count(len(d.Storage), "storage area", "storage areas")
	count(len(d.Processors), "processor", "processors")
	count(len(d.Sensors), "sensor", "sensors")
	count(len(d.Supplies), "supply or tray", "supplies and trays")
	count(len(d.UCD.Processes), "process that snmpd watches", "processes that snmpd watches")
	count(len(d.UCD.Disks), "disk that snmpd watches", "disks that snmpd watches")
	if d.SysObjectID != "" {
		have = append([]string{"sysObjectID " + d.SysObjectID.String()}, have...)
	}
	if len(have) > 0 {
		lines = append(lines, strings.Join(have, ", "))
	}
	lines = append(lines, namesOf(d)...)
	if n := len(d.Gaps); n > 0 {
		lines = append(lines, fmt.Sprintf("%d parts could not be read; the first: %s", n, d.Gaps[0].What))
	}
	return lines
}

// Names of interfaces in a comment: how many, and how wide a line is.
const (
	maxNames  = 100
	nameWidth = 100
)

// namesOf are the interfaces that are watched, those that differ in a number
// together.
func namesOf(d *discover.Device) (lines []string) {
	var names []string
	for _, i := range d.Interfaces {
		if !isLocal(i) && (d.Class != discover.Linux || !ofContainers.MatchString(i.Item)) {
			names = append(names, discover.Line(i.Item))
		}
	}
	more := len(names) - maxNames
	words := Together(names[:min(len(names), maxNames)])
	if more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	for _, w := range words {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+len(w) < nameWidth {
			lines[last] += ", " + w
			continue
		}
		if len(lines) == 0 {
			w = "interfaces: " + w
		} else {
			w = "  " + w
		}
		lines = append(lines, w)
	}
	return lines
}

// ofContainers are interfaces of Linux that come and go by themselves.
var ofContainers = regexp.MustCompile("^(" + exceptLinux[1] + ")$")

// overlay is what is written over a template's check; ok is false when nothing is.
func overlay(d *discover.Device, name string, port int) (Check, bool) {
	c := Check{Name: name}
	if port != snmp.DefaultPort {
		c.Keys = append(c.Keys, Key{Name: "port", Value: port})
	}
	switch name {
	case "interface":
		if !slices.ContainsFunc(d.Interfaces, func(i discover.Interface) bool { return !isLocal(i) }) {
			return Check{Name: name, Off: true, Comments: []string{"The agent tells no interfaces that lead anywhere."}}, true
		}
		c.Keys = append(c.Keys, interfaceKeys(d)...)
	case "ucd":
		if !d.UCD.Any() {
			return Check{Name: name, Off: true, Comments: []string{"snmpd.conf has none of the lines proc, disk and load."}}, true
		}
	case "storage":
		if len(d.Storage) == 0 {
			return Check{Name: name, Off: true, Comments: []string{"The agent tells no storage."}}, true
		}
		c.Keys = append(c.Keys, storageKeys(d)...)
	case "processors":
		// net-snmp tells loads only a minute after it was started.
		if len(d.Processors) == 0 && d.Class != discover.Linux {
			return Check{Name: name, Off: true, Comments: []string{"The agent tells no processors."}}, true
		}
	}
	return c, len(c.Keys) > 0
}

// exceptLinux is what the template snmp-linux leaves out: a list takes the place of
// the template's.
var exceptLinux = []string{"lo", "(docker|veth|br-|virbr|tap).*"}

// interfaceKeys are the ports that may be down, and those that are not watched.
func interfaceKeys(d *discover.Device) (keys []Key) {
	var unused, except []string
	for _, i := range d.Interfaces {
		switch {
		case isLocal(i):
			except = append(except, i.Item)
		case i.Admin != discover.StatusDown && (i.Oper == discover.StatusDown || i.Oper == discover.StatusLowerDown || i.Oper == discover.StatusNotPresent || i.Oper == discover.StatusUnknown):
			unused = append(unused, i.Item)
		}
	}
	if len(unused) > 0 {
		keys = append(keys, Key{Name: "unused", Value: Patterns(unused), Comment: "Not up when they were found. Take out those that must be up."})
	}
	if d.Class == discover.Linux {
		except = slices.DeleteFunc(except, func(s string) bool { return s == "lo" })
	}
	if len(except) > 0 {
		list := Patterns(except)
		if d.Class == discover.Linux {
			list = append(slices.Clone(exceptLinux), list...)
		}
		keys = append(keys, Key{Name: "except", Value: list, Comment: "Loopback and null interfaces are not watched."})
	}
	return keys
}

// exceptStorage is what the kind of check leaves out by itself: a list takes the
// place of it.
var exceptStorage = []string{"/(dev|proc|run|snap|sys)(/.*)?", "(UMA|MALLOC): .*", ".* Memory Metrics"}

// storageKeys are the filesystems that have no room by their nature: images are as
// large as what is in them.
func storageKeys(d *discover.Device) []Key {
	var full []string
	for _, s := range d.Storage {
		if s.Type.Disk() && s.Size > 0 && s.Used >= s.Size {
			full = append(full, snmp.StorageName(s.Name))
		}
	}
	if len(full) == 0 {
		return nil
	}
	return []Key{{Name: "except", Value: append(slices.Clone(exceptStorage), Patterns(full)...),
		Comment: "Full to the last byte when they were found, as images are: " + strings.Join(full, ", ") + ". Take out those that must have room."}}
}

// isLocal says that an interface leads nowhere.
func isLocal(i discover.Interface) bool {
	name := strings.ToLower(i.Item)
	return i.Type == discover.TypeLoopback || strings.HasPrefix(name, "null") && strings.Trim(name[4:], "0123456789") == "" || name == "lo"
}
