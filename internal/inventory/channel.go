package inventory

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"monitord/internal/config"
)

// channelOptions is the keys of a channel beside its kind.
type channelOptions struct {
	Form   string        `yaml:"form"`   // such as short, for a mail to a phone
	Within time.Duration `yaml:"within"` // not confirmed by then, the next channel is tried; 0s: as the kind says
	Hours  string        `yaml:"hours"`  // a period; outside of it the channel is left out
}

// Validate checks the time.
func (o *channelOptions) Validate() error {
	if o.Within < 0 || o.Within > 24*time.Hour {
		return config.Faultf("within", "out of range (got %s; want 1s to 24h)", config.FormatDuration(o.Within))
	}
	return nil
}

// channel reads {KIND: ADDRESS, option: …}: exactly one key is a kind.
func (b *builder) channel(path string, n *config.Node) (Channel, bool) {
	kind, to, rest, err := b.splitChannel(n)
	if err != nil {
		b.fault(path, "%v", err)
		return Channel{}, false
	}
	before := len(b.faults)
	if err := kind.Address(to); err != nil {
		b.fault(path+"."+kind.Name, "%v", err)
	}
	var o channelOptions
	if err := config.Decode(rest, path, &o); err != nil {
		b.faults = append(b.faults, config.AllFaults(err, "")...)
	}
	if o.Form != "" && !slices.Contains(kind.Forms, o.Form) {
		b.fault(path+".form", "%s knows no such form (got %q; want %s)", kind.Name, o.Form, orNothing(kind.Forms))
	}
	c := Channel{Kind: kind.Name, To: to, Form: o.Form, Within: o.Within, Rings: kind.Rings}
	if c.Within == 0 {
		c.Within = kind.Within
	}
	c.Hours = b.namedPeriod(path+".hours", o.Hours)
	return c, len(b.faults) == before
}

func orNothing(words []string) string {
	if len(words) == 0 {
		return "the key to be left out"
	}
	return strings.Join(words, ", ")
}

// splitChannel finds the kind and leaves the options.
func (b *builder) splitChannel(n *config.Node) (kind ChannelKind, to string, rest *config.Node, err error) {
	var names, found []string
	for _, k := range b.cfg.kinds {
		names = append(names, k.Name)
	}
	wanted := fmt.Sprintf("a channel needs one kind and its address (want {mail: noc@example.net}; kinds: %s)", strings.Join(names, ", "))
	if n == nil || n.Kind != config.Map {
		return kind, "", nil, fmt.Errorf("%s", wanted)
	}
	options := *n // entries are left out of a copy
	options.Entries = nil
	for _, e := range n.Entries {
		i := slices.IndexFunc(b.cfg.kinds, func(k ChannelKind) bool { return k.Name == e.Key })
		if i < 0 {
			options.Entries = append(options.Entries, e)
			continue
		}
		found = append(found, e.Key)
		kind = b.cfg.kinds[i]
		if e.Value != nil && e.Value.Kind == config.Scalar {
			to = e.Value.Text
		}
	}
	switch {
	case len(found) > 1:
		return kind, "", nil, fmt.Errorf("a channel has one kind (got %s; want an element of the list for each)", strings.Join(found, ", "))
	case len(found) == 0 || to == "":
		return kind, "", nil, fmt.Errorf("%s", wanted)
	}
	return kind, to, &options, nil
}
