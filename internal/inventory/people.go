package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

func localZone() *time.Location { return time.Local }

// contacts builds every contact.
func (b *builder) contacts() {
	for _, name := range slices.Sorted(maps.Keys(b.cfg.Contacts)) {
		path := config.KeyPath("contacts", name)
		cfg := b.cfg.Contacts[name]
		if cfg == nil {
			b.fault(path, "a contact needs a channel (want {channels: [{mail: noc@example.net}]})")
			continue
		}
		zone, err := loadZone(cfg.Timezone, b.inv.Zone)
		if err != nil {
			b.fault(path+".timezone", "%v", err)
		}
		c := Contact{Name: name, Language: cmp.Or(cfg.Language, b.inv.Language), Zone: zone}
		for i, n := range cfg.Channels {
			if ch, ok := b.channel(config.IndexPath(path+".channels", i), n); ok {
				c.Channels = append(c.Channels, ch)
			}
		}
		b.inv.Contacts = append(b.inv.Contacts, c)
	}
}

// escalations builds the list. With contacts and no escalation, everybody is
// told at once: a page to too many is better than none.
func (b *builder) escalations() {
	for i, cfg := range b.cfg.Escalations {
		path := config.IndexPath("escalations", i)
		e := Escalation{Match: Match{Groups: cfg.Match.Groups, Hosts: cfg.Match.Hosts, Checks: cfg.Match.Checks}}
		if cfg.Match.Severity != nil {
			state := checks.State(*cfg.Match.Severity)
			e.Match.Severity = &state
		}
		b.checkMatch(path+".match", cfg.Match)
		for j, s := range cfg.Steps {
			if b.cfg.Contacts[s.To] == nil {
				known := slices.Sorted(maps.Keys(b.cfg.Contacts))
				b.fault(config.IndexPath(path+".steps", j)+".to", "unknown contact (got %q; want one of %s)", s.To, cmp.Or(strings.Join(known, ", "), "contacts: none is configured"))
			}
			e.Steps = append(e.Steps, Step(s))
		}
		slices.SortStableFunc(e.Steps, func(a, b Step) int { return cmp.Compare(a.After, b.After) })
		b.inv.Escalations = append(b.inv.Escalations, e)
	}
	if len(b.cfg.Escalations) == 0 && len(b.inv.Contacts) > 0 {
		var all Escalation
		for _, c := range b.inv.Contacts {
			all.Steps = append(all.Steps, Step{To: c.Name})
		}
		b.inv.Escalations = []Escalation{all}
	}
}

// checkMatch finds hosts and groups that do not exist: an escalation that never
// applies is a page that never comes.
func (b *builder) checkMatch(path string, m MatchConfig) {
	for i, name := range m.Hosts {
		if _, ok := b.inv.Host(name); !ok {
			b.fault(config.IndexPath(path+".hosts", i), "unknown host (got %q)", name)
		}
	}
	for i, group := range m.Groups {
		known := slices.ContainsFunc(b.inv.Hosts, func(h Host) bool { return h.In(group) })
		if _, configured := b.cfg.Groups[group]; !known && !configured {
			b.fault(config.IndexPath(path+".groups", i), "no host is in this group (got %q)", group)
		}
	}
}

// In reports whether the host is in the group or in one below it.
func (h *Host) In(group string) bool {
	return slices.ContainsFunc(h.Groups, func(g string) bool { return g == group || strings.HasPrefix(g, group+"/") })
}
