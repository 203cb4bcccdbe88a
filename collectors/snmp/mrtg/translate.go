package mrtg

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/hostfile"
)

// Host is one host with who asks it.
type Host struct {
	hostfile.Host
	Credentials snmp.Credentials
}

// Translation is what came of the files.
type Translation struct {
	Hosts   []Host
	Targets int    // that were read
	Lost    []Lost // what has no counterpart
	Notes   []Lost // what has one that is not quite the same
}

// Options are what a translation needs of its surroundings.
type Options struct {
	Read   func(path string) ([]byte, error) // of Include
	Object func(name string) error           // says whether an object's name is known
	Name   func(address string) string       // a name for a host; "" is none
}

// translator gathers hosts in the order of the files.
type translator struct {
	file
	options Options
	out     Translation
	hosts   map[string]*draft
	order   []string
	// values are keywords by name of target.
	values map[string]map[string]statement
}

// draft is a host in the making.
type draft struct {
	first   target
	titles  []string
	names   []string // of interfaces
	all     bool     // an interface is known only to the device
	checks  []hostfile.Check
	usage   string // usage_warning
	usageAt Place
}

// Translate makes hosts of one file.
func Translate(name string, data []byte, options Options) Translation {
	t := &translator{options: options, hosts: map[string]*draft{}, values: map[string]map[string]statement{}}
	t.notes = map[Place]interfaceNote{}
	t.parse(name, data, options.Read, 0)
	t.keywords()
	for _, s := range t.statements {
		if s.keyword == "target" && !strings.HasPrefix(s.name, "_") {
			t.out.Targets++
			t.target(s)
		}
	}
	for _, key := range t.order {
		t.out.Hosts = append(t.out.Hosts, t.finish(t.hosts[key]))
	}
	t.out.Lost = t.lost
	slices.SortStableFunc(t.out.Lost, func(a, b Lost) int {
		return cmp.Or(cmp.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line))
	})
	return t.out
}

// pictures are keywords of how pictures and pages look and where they lie: they
// say nothing of what is measured.
var pictures = regexp.MustCompile(`^(workdir|htmldir|imagedir|logdir|icondir|pathadd|libadd|forks|interval|refresh|expires|writeexpires|language|` +
	`title|pagetop|pagefoot|addhead|bodytag|directory|clonedirectory|maxbytes\d?|absmax|unscaled|withpeak|suppress|extension|xsize|ysize|` +
	`xzoom|yzoom|xscale|yscale|ytics|yticsfactor|step|pngtitle|options|kmg|kilo|colours|background|ylegend|shortlegend|legend[1-4io]+|` +
	`timezone|weekformat|rrdrowcount.*|rrdhwrras|timestrpos|timestrfmt|logformat|enableipv6|noipv6|ipv4only|runasdaemon|nodetach|enablesnmpv3|setenv|` +
	`routeruptime|routername|maxage|nospacechar|nomib2|singlerequest|snmpoptions|conversioncode|sendtographite|loadmibs|nolegend|noo|noi|` +
	`threshdir|threshhyst|threshmailserver|threshmailsender|wwwpath|rrdcached|logdir|.*umask|bits|userrdtool)$`)

// limits are MRTG's thresholds.
var limits = regexp.MustCompile(`^(hw)?thresh`)

// keywords sorts statements by target, and lists those that nobody knows.
func (t *translator) keywords() {
	for _, s := range t.statements {
		switch {
		case s.keyword == "target":
			continue
		case s.keyword == "factor":
			t.lose(s.place, "Factor[%s] is not taken over: write multiplier at its check", s.name)
		case limits.MatchString(s.keyword) && !pictures.MatchString(s.keyword):
		case !pictures.MatchString(s.keyword):
			t.lose(s.place, "keyword %q is not known here", s.keyword)
		}
		if t.values[s.name] == nil {
			t.values[s.name] = map[string]statement{}
		}
		t.values[s.name][s.keyword] = s
	}
}

var (
	command = regexp.MustCompile("^\\s*`")
	// scaled is one reference with a constant behind it.
	scaled = regexp.MustCompile(`^(.*\S)\s+([*/])\s+([0-9]+(?:\.[0-9]+)?)$`)
	sums   = regexp.MustCompile(`\s[-+*/]\s`)
)

func (t *translator) target(s statement) {
	text := strings.TrimSpace(strings.ReplaceAll(s.value, "\n", " "))
	multiplier := 1.0
	if m := scaled.FindStringSubmatch(text); m != nil && !sums.MatchString(m[1]) {
		factor, err := strconv.ParseFloat(m[3], 64)
		if err != nil || factor == 0 {
			t.lose(s.place, "Target[%s]: %q is no factor", s.name, m[3])
			return
		}
		if text, multiplier = m[1], factor; m[2] == "/" {
			multiplier = 1 / factor
		}
	}
	switch {
	case command.MatchString(text):
		t.lose(s.place, "Target[%s] runs a program: write a check of type plugin for it", s.name)
		return
	case sums.MatchString(text):
		t.lose(s.place, "Target[%s] calculates with several targets: write a check of type metric with the sum as its expr", s.name)
		return
	}
	one, err := parseTarget(text)
	if err != nil {
		t.lose(s.place, "Target[%s]: %v", s.name, err)
		return
	}
	d := t.host(one)
	if title, ok := t.values[s.name]["title"]; ok && len(d.titles) < maxTitles {
		d.titles = append(d.titles, s.name+": "+title.value)
	}
	if one.kind == byOID {
		t.objects(d, s, one, multiplier)
	} else {
		t.interfaceOf(d, s, one)
	}
	t.limits(d, s)
}

// maxTitles bounds the comments above a host.
const maxTitles = 200

// host is the draft that a target belongs to.
func (t *translator) host(one target) *draft {
	key := fmt.Sprintf("%s %d %s %s", one.address, one.port, one.version, string(one.community))
	d := t.hosts[key]
	if d == nil {
		d = &draft{first: one}
		t.hosts[key] = d
		t.order = append(t.order, key)
	}
	return d
}

// interfaceOf adds an interface by its name, where anything tells it.
func (t *translator) interfaceOf(d *draft, s statement, one target) {
	name := ""
	switch one.kind {
	case byName:
		name = one.ref
	case byNumber:
		name = t.nameOf(s, one.ref)
	}
	if name != "" {
		d.names = append(d.names, name)
		return
	}
	d.all = true
	what := map[refKind]string{byDescr: "description", byNumber: "number", byAddress: "address", byMAC: "hardware address", byType: "type"}[one.kind]
	t.out.Notes = append(t.out.Notes, Lost{s.place, fmt.Sprintf("Target[%s] knows its interface by %s %s alone: all interfaces of %s are watched; write only: [NAME] to change that", s.name, what, one.ref, one.address)})
}

// nearNote is how many lines above a target cfgmaker's comment may stand.
const nearNote = 12

// nameOf finds the name of an interface's number in cfgmaker's comments above the
// target. Descriptions do not help: checks know interfaces by ifName.
func (t *translator) nameOf(s statement, number string) string {
	for up := range nearNote {
		if note, ok := t.notes[Place{s.place.File, s.place.Line - up}]; ok && note.number == number {
			return note.name
		}
	}
	return ""
}

// objects adds a check of the kind snmp.
func (t *translator) objects(d *draft, s statement, one target, multiplier float64) {
	oids := slices.Compact(one.objects[:])
	for _, name := range oids {
		if t.options.Object == nil {
			continue
		}
		if err := t.options.Object(name); err != nil {
			t.lose(s.place, "Target[%s]: %v", s.name, err)
			return
		}
	}
	c := hostfile.Check{Name: checkName(s.name), Keys: []hostfile.Key{
		{Name: "type", Value: "snmp"}, {Name: "credentials", Value: hostfile.File("{{snmp}}")}, {Name: "oid", Value: oids},
	}}
	if title, ok := t.values[s.name]["title"]; ok {
		c.Comments = []string{title.value}
	}
	if one.port != snmp.DefaultPort {
		c.Keys = append(c.Keys, hostfile.Key{Name: "port", Value: one.port})
	}
	if multiplier != 1 {
		c.Keys = append(c.Keys, hostfile.Key{Name: "multiplier", Value: multiplier})
	}
	d.checks = append(d.checks, c)
}

// checkName makes a name that a check may have.
func checkName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '-'
	}, s)
	return cmp.Or(strings.Trim(s[:min(len(s), 100)], ".-"), "target")
}

var share = regexp.MustCompile(`^\s*([0-9]+(?:\.[0-9]+)?)\s*%\s*$`)

// limits takes over a threshold of the share of an interface's speed; others have
// no counterpart that means the same.
func (t *translator) limits(d *draft, s statement) {
	of := t.values[s.name]
	for _, keyword := range slices.Sorted(maps.Keys(of)) {
		v := of[keyword]
		if !limits.MatchString(keyword) || pictures.MatchString(keyword) {
			continue
		}
		m := share.FindStringSubmatch(v.value)
		if m == nil || keyword != "threshmaxi" && keyword != "threshmaxo" {
			t.lose(v.place, "%s[%s] has no counterpart: write usage_warning, or warning at its check", keyword, s.name)
			continue
		}
		if limit := m[1] + "%"; d.usage == "" {
			d.usage, d.usageAt = limit, v.place
		} else if d.usage != limit {
			t.lose(v.place, "%s[%s] is %s: the host has one limit for all interfaces, %s from %s", keyword, s.name, limit, d.usage, d.usageAt)
		}
	}
}

// finish makes the host of a draft.
func (t *translator) finish(d *draft) Host {
	h := Host{Credentials: snmp.Credentials{Version: d.first.version, Community: d.first.community}}
	h.Address, h.Name = d.first.address, d.first.address
	if t.options.Name != nil {
		h.Name = cmp.Or(t.options.Name(d.first.address), h.Name)
	}
	h.Comments = d.titles
	h.Templates = []string{"snmp-switch"}
	port := []hostfile.Key(nil)
	if d.first.port != snmp.DefaultPort {
		port = []hostfile.Key{{Name: "port", Value: d.first.port}}
		h.Checks = append(h.Checks, hostfile.Check{Name: "agent", Keys: port})
	}
	if len(d.names) == 0 && !d.all {
		h.Checks = append(h.Checks, hostfile.Check{Name: "interface", Off: true, Comments: []string{"No target is an interface."}})
	} else {
		keys := slices.Clone(port)
		if !d.all {
			keys = append(keys, hostfile.Key{Name: "only", Value: hostfile.Patterns(unique(d.names))})
		}
		if d.usage != "" {
			keys = append(keys, hostfile.Key{Name: "usage_warning", Value: d.usage})
		}
		if len(keys) > 0 {
			h.Checks = append(h.Checks, hostfile.Check{Name: "interface", Keys: keys})
		}
	}
	h.Checks = append(h.Checks, d.checks...)
	return h
}

// unique keeps the first of each.
func unique(list []string) []string {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		had := seen[s]
		seen[s] = true
		return had
	})
}
