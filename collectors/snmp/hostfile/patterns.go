package hostfile

import (
	"regexp"
	"slices"
	"strings"
)

// maxTogether bounds the alternatives of one expression, for readers.
const maxTogether = 24

// Patterns are regular expressions for exactly these names; those that differ in
// their last number only stand together: Gi0/(3|4|7). Everything else of a name is
// quoted, braces too: two of them would begin a macro of the configuration.
func Patterns(names []string) []string {
	type group struct {
		prefix  string
		numbers []string
	}
	var groups []*group
	open := map[string]*group{}
	for _, name := range names {
		prefix := strings.TrimRight(name, "0123456789")
		g := open[prefix]
		if prefix == name || g == nil || len(g.numbers) >= maxTogether {
			g = &group{prefix: prefix}
			groups = append(groups, g)
			if prefix != name {
				open[prefix] = g
			}
		}
		g.numbers = append(g.numbers, name[len(prefix):])
	}
	out := make([]string, 0, len(groups))
	for _, g := range groups {
		switch {
		case len(g.numbers) > 1:
			out = append(out, regexp.QuoteMeta(g.prefix)+"("+strings.Join(g.numbers, "|")+")")
		default:
			out = append(out, regexp.QuoteMeta(g.prefix)+g.numbers[0])
		}
	}
	return slices.Compact(out)
}
