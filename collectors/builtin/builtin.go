package builtin

import (
	"fmt"

	"monitord/collectors"
	"monitord/collectors/host"
)

// Options is what the built-in collectors need to know.
type Options struct {
	Host host.Options
}

// Collectors returns every built-in collector. Two of one name are an error:
// their metrics would be mixed.
func Collectors(o Options) ([]collectors.Collector, error) {
	list := host.New(o.Host)
	seen := map[string]bool{}
	for _, c := range list {
		if seen[c.Name()] {
			return nil, fmt.Errorf("built-in collectors: two are named %q", c.Name())
		}
		seen[c.Name()] = true
	}
	return list, nil
}
