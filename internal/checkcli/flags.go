package checkcli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"monitord/internal/config"
)

// The kinds of config.Key that a command line writes in their own way.
const (
	typeSwitch = "true|false" // alone it means true
	typeMap    = "map"        // --headers 'Name: value', several times
	typeSecret = "file"       // --password-file PATH
)

// find is the key that a flag names: --max-bytes and --max_bytes are one, a
// secret's flag may end in -file.
func find(all []config.Key, flag string) (config.Key, error) {
	name := strings.ReplaceAll(flag, "-", "_")
	for _, k := range all {
		if k.Name == name || k.Type == typeSecret && k.Name+"_file" == name {
			return k, nil
		}
	}
	names := make([]string, 0, len(all))
	for _, k := range all {
		names = append(names, flagName(k))
	}
	slices.Sort(names)
	return config.Key{}, fmt.Errorf("unknown option --%s (options: %s)", flag, strings.Join(names, " "))
}

func flagName(k config.Key) string {
	name := "--" + strings.ReplaceAll(k.Name, "_", "-")
	if k.Type == typeSecret {
		name += "-file"
	}
	return name
}

// joined writes what all flags of one key said as one value for
// config.FromFlags: lists and maps grow, of the others the last one wins.
func joined(k config.Key, values []string) (string, error) {
	switch k.Type {
	case "list":
		return strings.Join(values, ","), nil
	case typeMap:
		return joinedMap(k, values)
	}
	return values[len(values)-1], nil
}

// joinedMap writes "Name: value" flags as a YAML map, so that a value may hold
// commas, colons and quotes.
func joinedMap(k config.Key, values []string) (string, error) {
	entries := make([]string, 0, len(values))
	for _, v := range values {
		name, value, ok := strings.Cut(v, ":")
		if !ok {
			return "", fmt.Errorf("option %s: got %q; want \"Name: value\"", flagName(k), v)
		}
		entries = append(entries, strconv.Quote(strings.TrimSpace(name))+": "+strconv.Quote(strings.TrimSpace(value)))
	}
	return "{" + strings.Join(entries, ", ") + "}", nil
}
