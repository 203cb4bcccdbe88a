package perfdata

import (
	"fmt"
	"math"
	"strings"

	"monitord/checks"
)

// Parse reads 'label'=value[UOM];[warn];[crit];[min];[max] …, blank separated.
// It keeps at most Limit values, of equal labels the first; each fault says
// what was left out.
func Parse(s string) (values []Value, faults []error) {
	seen := map[string]bool{}
	for {
		s = strings.TrimLeft(s, blanks)
		if s == "" {
			return values, faults
		}
		label, rest, ok := cutLabel(s)
		if !ok {
			word, after := cutWord(s)
			faults = append(faults, fmt.Errorf("%.40q is no label=value", word))
			s = after
			continue
		}
		var text string
		text, s = cutWord(rest)
		v, bad, err := parseValue(label, text)
		switch {
		case err != nil:
			bad = append(bad, err)
		case seen[label]:
			bad = []error{fmt.Errorf("%.40q stands twice", label)}
		case len(values) == Limit:
			return values, append(faults, fmt.Errorf("more than %d values: the rest is left out", Limit))
		default:
			seen[label] = true
			values = append(values, v)
		}
		faults = append(faults, bad...)
	}
}

const blanks = " \t\r\n"

// cutWord takes everything up to the next blank.
func cutWord(s string) (word, rest string) {
	if i := strings.IndexAny(s, blanks); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// maxLabel bounds a label: it becomes a label of a series.
const maxLabel = 200

// cutLabel takes label= or 'label'= off the front; in quotes it may hold
// blanks, and two quotes stand for one.
func cutLabel(s string) (label, rest string, ok bool) {
	if s[0] != '\'' {
		label, rest, ok = strings.Cut(s, "=")
		return label, rest, ok && label != "" && len(label) <= maxLabel && !strings.ContainsAny(label, blanks+"'")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		label = strings.TrimSpace(b.String())
		if i+1 < len(s) && s[i+1] == '=' && label != "" && len(label) <= maxLabel {
			return label, s[i+2:], true
		}
		break
	}
	return "", s, false
}

// Perfs turns values into those of a result; one that the plugin does not know
// is left out.
func Perfs(values []Value) []checks.Perf {
	var out []checks.Perf
	for _, v := range values {
		if math.IsNaN(v.Value) {
			continue
		}
		p := checks.Perf{
			Label: strings.NewReplacer("=", "_", "'", "_").Replace(v.Label),
			Value: v.Value, Unit: v.Unit, UOM: v.UOM, Warn: v.Warn, Crit: v.Crit,
		}
		if v.Min != nil {
			p.Min = *v.Min
		}
		out = append(out, p)
	}
	return out
}
