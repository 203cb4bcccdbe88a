package inventory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

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
		c := Contact{Name: name, Language: cmp.Or(cfg.Language, b.inv.Language), Zone: zone, Hours: b.namedPeriod(path+".hours", cfg.Hours)}
		for i, n := range cfg.Channels {
			if ch, ok := b.channel(config.IndexPath(path+".channels", i), n); ok {
				c.Channels = append(c.Channels, ch)
			}
		}
		b.inv.Contacts = append(b.inv.Contacts, c)
	}
}

// TeamConfig is contacts and rotas that are told together.
type TeamConfig struct {
	Members []string `yaml:"members"`
}

// Validate checks that there is somebody.
func (c *TeamConfig) Validate() error {
	if len(c.Members) == 0 {
		return config.Faultf("members", "a team needs members (want a list of contacts and rotas)")
	}
	return nil
}

// teams builds every team.
func (b *builder) teams() {
	for _, name := range slices.Sorted(maps.Keys(b.cfg.Teams)) {
		path, cfg := config.KeyPath("teams", name), b.cfg.Teams[name]
		if cfg == nil {
			b.fault(path, "a team needs members (want {members: [dba1, dba2]})")
			continue
		}
		for i, m := range cfg.Members {
			if b.cfg.Contacts[m] == nil && b.cfg.Rotas[m] == nil {
				b.fault(config.IndexPath(path+".members", i), "unknown contact or rota (got %q; want one of %s)", m, b.peopleNames(false))
			}
		}
		b.inv.Teams = append(b.inv.Teams, Team{Name: name, Members: cfg.Members})
	}
}

// onePerson refuses a name that says two things: steps name contacts, teams and
// rotas alike.
func (b *builder) onePerson() {
	for _, section := range []struct {
		name string
		keys []string
	}{{"teams", slices.Collect(maps.Keys(b.cfg.Teams))}, {"rotas", slices.Collect(maps.Keys(b.cfg.Rotas))}} {
		for _, name := range section.keys {
			if b.cfg.Contacts[name] != nil || section.name == "rotas" && b.cfg.Teams[name] != nil {
				b.keyFault(section.name, name, fmt.Errorf("the name is taken by a contact or a team (got %q; steps name contacts, teams and rotas alike)", name))
			}
		}
	}
}

// peopleNames lists whom a step or a team may name.
func (b *builder) peopleNames(teams bool) string {
	list := slices.Concat(slices.Collect(maps.Keys(b.cfg.Contacts)), slices.Collect(maps.Keys(b.cfg.Rotas)))
	if teams {
		list = slices.AppendSeq(list, maps.Keys(b.cfg.Teams))
	}
	slices.Sort(list)
	return cmp.Or(strings.Join(list, ", "), "contacts: none is configured")
}
