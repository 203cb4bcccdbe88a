package accept

import (
	"fmt"
	"os"
	"path"
	"strings"
)

// Listed is one line of a file that explains differences: PATTERN: REASON.
type Listed struct {
	Pattern string // of path.Match
	Reason  string
}

// Matches reports whether the line is about a name.
func (l Listed) Matches(name string) bool {
	ok, _ := path.Match(l.Pattern, name) // ReadListed has tried the pattern
	return ok
}

// ReadListed reads such a file; empty lines and those that begin with # are passed
// over.
func ReadListed(file string) (list []Listed, err error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		pattern, reason, ok := strings.Cut(line, ": ")
		if _, err := path.Match(pattern, ""); !ok || err != nil {
			return nil, fmt.Errorf("accept: %s: %q: want PATTERN: REASON", file, line)
		}
		list = append(list, Listed{pattern, reason})
	}
	return list, nil
}
