package hostlogs

import (
	"slices"
	"strconv"

	"monitord/internal/config"
)

// parts are the keys whose entries have names; each with the keys that name an
// element of a list.
var parts = map[string][]string{
	"files": {"path"},
	"rules": {"name", "service", "match", "expect", "ignore"},
}

// kinds are the keys of which a rule has exactly one.
var kinds = []string{"match", "ignore", "expect"}

// Lay puts a layer over what is below it; either may be nil. Files and rules are
// merged key by key, those of the upper layer first: what it ignores, the rules
// below do not see. A rule of another kind replaces the whole rule. Null takes
// away, a file, a rule, or everything.
func Lay(below, above *config.Node) *config.Node {
	if above == nil {
		return below
	}
	above = byName(above)
	if below == nil || below.Kind != config.Map || above.Kind != config.Map {
		return above
	}
	out := config.Merge(below, above)
	for i, e := range out.Entries {
		if parts[e.Key] != nil {
			out.Entries[i].Value = layPart(below.Get(e.Key), above.Get(e.Key))
		}
	}
	return out
}

// layPart puts the entries of above in front.
func layPart(below, above *config.Node) *config.Node {
	if above == nil {
		return below
	}
	if below == nil || below.Kind != config.Map || above.Kind != config.Map {
		return above
	}
	out := &config.Node{Kind: config.Map, Place: above.Place}
	for _, e := range above.Entries {
		if old := below.Get(e.Key); old != nil && !otherKind(old, e.Value) {
			e.Value = config.Merge(old, e.Value)
		}
		out.Entries = append(out.Entries, e)
	}
	for _, e := range below.Entries {
		if above.Get(e.Key) == nil {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// otherKind reports whether above begins with another of match, ignore, expect.
func otherKind(below, above *config.Node) bool {
	return slices.ContainsFunc(kinds, func(k string) bool { return above.Get(k) != nil && below.Get(k) == nil })
}

// byName writes lists of files and rules as mappings, and short forms in full.
// What is neither stays for Decode to complain of.
func byName(layer *config.Node) *config.Node {
	if layer.Kind != config.Map {
		return layer
	}
	out := *layer
	out.Entries = slices.Clone(layer.Entries)
	for i, e := range out.Entries {
		switch {
		case parts[e.Key] != nil:
			out.Entries[i].Value = named(e.Value, parts[e.Key])
		case e.Key == "journald" || e.Key == "kernel":
			out.Entries[i].Value = switched(e.Value)
		}
	}
	return &out
}

func named(n *config.Node, keys []string) *config.Node {
	out := &config.Node{Kind: config.Map, Place: n.Place}
	switch n.Kind {
	case config.List:
		for i, item := range n.Items {
			item = full(item, keys[0])
			out.Entries = append(out.Entries, config.Entry{Key: nameOf(item, keys, i), Place: item.Place, Value: item})
		}
	case config.Map:
		for _, e := range n.Entries {
			e.Value = full(e.Value, keys[0])
			out.Entries = append(out.Entries, e)
		}
	default:
		return n
	}
	return out
}

// full is {path: P} for a file that is written as P.
func full(n *config.Node, key string) *config.Node {
	if n.Kind != config.Scalar || key != "path" {
		return n
	}
	return &config.Node{Kind: config.Map, Place: n.Place, Entries: []config.Entry{{Key: key, Place: n.Place, Value: n}}}
}

// nameOf is what an element of a list calls itself; its number when it does not.
func nameOf(item *config.Node, keys []string, i int) string {
	for _, k := range keys {
		n := item.Get(k)
		if n != nil && n.Kind == config.List && len(n.Items) > 0 {
			n = n.Items[0]
		}
		if n != nil && n.Text != "" {
			return n.Text
		}
	}
	return strconv.Itoa(i)
}

// switched is {enabled: V} for a source that is written as V; a mapping that does
// not say switches the source on.
func switched(n *config.Node) *config.Node {
	on := config.Entry{Key: "enabled", Place: n.Place, Value: n}
	switch {
	case n.Kind == config.Scalar:
		return &config.Node{Kind: config.Map, Place: n.Place, Entries: []config.Entry{on}}
	case n.Kind == config.Map && n.Get("enabled") == nil:
		on.Value = &config.Node{Kind: config.Scalar, Place: n.Place, Text: "true"}
		out := *n
		out.Entries = append(slices.Clone(n.Entries), on)
		return &out
	}
	return n
}
