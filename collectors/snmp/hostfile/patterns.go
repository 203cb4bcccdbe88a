package hostfile

import (
	"regexp"
	"slices"
	"strconv"
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

// Together are names for readers, in their order: those whose last numbers follow
// each other are one, Gi0/1–48.
func Together(names []string) []string {
	var out []string
	for i := 0; i < len(names); {
		prefix, first, ok := numbered(names[i])
		last, end := first, i+1
		for ; ok && end < len(names); end++ {
			if p, n, follows := numbered(names[end]); !follows || p != prefix || n != last+1 {
				break
			}
			last++
		}
		if name := names[i]; end > i+2 {
			out = append(out, name+"–"+strconv.Itoa(last))
		} else {
			out = append(out, names[i:end]...)
		}
		i = end
	}
	return out
}

// numbered takes the number at the end of a name off.
func numbered(name string) (prefix string, number int, ok bool) {
	prefix = strings.TrimRight(name, "0123456789")
	number, err := strconv.Atoi(name[len(prefix):])
	return prefix, number, err == nil
}
