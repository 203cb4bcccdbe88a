package hostlogs

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strings"

	"monitord/checks/logs"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/internal/config"
	"monitord/internal/logwatch"
)

// Config is what a probe follows and looks for.
type Config struct {
	Follow   logfile.Config  `yaml:",inline"`
	Journald journald.Config `yaml:"journald"`
	Kernel   kmsg.Config     `yaml:"kernel"`
	Match    logs.Config     `yaml:",inline"`
}

// DefaultConfig follows nothing.
func DefaultConfig() Config {
	return Config{Follow: logfile.DefaultConfig(), Journald: journald.DefaultConfig(), Kernel: kmsg.DefaultConfig(), Match: logs.DefaultConfig()}
}

// maxRules and maxFiles bound what one probe gets: the daemon stays small.
const (
	maxRules = 1000
	maxFiles = 1000
	// maxJournalLines bounds what a rule of a probe may write to the journal in a
	// minute.
	maxJournalLines = 1000
)

// service is how a service of a log is named: it is an item, and a series' label.
var service = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// ServiceName reports whether a service of a log may be called so.
func ServiceName(s string) bool { return service.MatchString(s) }

// Follows reports whether anything is followed.
func (c Config) Follows() bool {
	return len(c.Follow.Files) > 0 || c.Journald.Enabled || c.Kernel.Enabled
}

// Validate reports every fault at once.
func (c Config) Validate() error {
	faults := []error{c.Follow.Validate()}
	for i, r := range c.Match.Rules {
		faults = append(faults, ruleFaults(config.IndexPath("rules", i), r)...)
	}
	if len(c.Match.Rules) > maxRules {
		faults = append(faults, config.Faultf("rules", "too many (got %d; want at most %d for one probe)", len(c.Match.Rules), maxRules))
	}
	if len(c.Follow.Files) > maxFiles {
		faults = append(faults, config.Faultf("files", "too many (got %d; want at most %d for one probe, or patterns such as /var/log/app/*.log)", len(c.Follow.Files), maxFiles))
	}
	if len(c.Match.Rules) > 0 && !c.Follows() {
		faults = append(faults, config.Faultf("files", "nothing is followed (want the files that the rules are for, such as [/var/log/syslog], or journald: true)"))
	}
	if len(c.Match.Rules) > 0 {
		if _, err := c.Compile(); err != nil && len(config.AllFaults(errors.Join(faults...), "")) == 0 {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// ruleFaults is what a rule must not have on a probe, and what it must.
func ruleFaults(at string, r logs.RuleConfig) []error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, config.Faultf(config.JoinPath(at, key), format, args...))
	}
	if len(r.Exec)+len(r.Pipe)+len(r.Mail)+len(r.Write)+r.Bell > 0 || r.Echo {
		fault("", "a probe starts nothing for a line (want state and service here; an action of the probe's own file can be asked for by actions: in the server's configuration)")
	}
	if r.OnlyIf != nil {
		fault("only_if", "a probe cannot ask the server's store (want this rule in the server's own section logs)")
	}
	if r.Action != "" {
		fault("action", "a line on a probe asks for no action (want actions: with the service that this rule raises, in the server's own section)")
	}
	if n := r.JournalLines; n != nil && (*n < 0 || *n > maxJournalLines) {
		fault("journal_lines", "got %d; want 0 to %d", *n, maxJournalLines)
	}
	if r.Ignore != nil {
		return faults
	}
	if r.State == "" && len(r.Samples) == 0 {
		fault("state", "it is missing (want warning, critical or unknown: what the line means; or samples: its numbers)")
	}
	if r.State == "" {
		return faults
	}
	if !ServiceName(logwatch.ServiceOf(r)) {
		fault("service", "got %q; want a name of letters, digits, _ . and -, such as oom", logwatch.ServiceOf(r))
	}
	if r.Expect == nil && r.Clear == nil && r.ClearAfter <= 0 {
		fault("", "nothing would end the problem (want clear: the line that ends it, or clear_after: such as 1h)")
	}
	return faults
}

// Compile makes the rules ready. Lines count by when they came.
func (c Config) Compile() (*logs.Set, error) {
	rules, err := c.Match.Compiled()
	if err != nil {
		return nil, err
	}
	return logs.Compile(rules, logs.Options{Clock: logs.ByArrival})
}

// Decode reads merged layers, whose texts are as they count. Faults name files
// and rules as they are written: by their names.
func Decode(n *config.Node, path string) (Config, error) {
	c := DefaultConfig()
	if n == nil || n.Kind == config.Null {
		return c, nil
	}
	lists := *n
	lists.Entries = nil
	renamed := map[string]string{}
	for _, e := range n.Entries {
		if keys := parts[e.Key]; keys != nil && e.Value.Kind == config.Map {
			e.Value = listed(e.Value, config.KeyPath(path, e.Key), renamed, e.Key == "rules")
		}
		lists.Entries = append(lists.Entries, e)
	}
	err := config.Decode(&lists, path, &c)
	if err == nil {
		return c, nil
	}
	faults := config.Faults(config.AllFaults(err, ""))
	for i := range faults {
		faults[i].Path = written(faults[i].Path, renamed)
	}
	return c, faults.Err()
}

// listed is the list of a mapping's values without those that were taken away.
// Each rule gets its name.
func listed(n *config.Node, path string, renamed map[string]string, name bool) *config.Node {
	out := &config.Node{Kind: config.List, Place: n.Place}
	for _, e := range n.Entries {
		if e.Value.Kind == config.Null {
			continue
		}
		item := e.Value
		if name && item.Kind == config.Map && item.Get("name") == nil {
			copied := *item
			own := config.Entry{Key: "name", Place: e.Place, Value: &config.Node{Kind: config.Scalar, Style: config.Quoted, Place: e.Place, Text: e.Key}}
			copied.Entries = append([]config.Entry{own}, item.Entries...)
			item = &copied
		}
		renamed[config.IndexPath(path, len(out.Items))] = config.KeyPath(path, e.Key)
		out.Items = append(out.Items, item)
	}
	return out
}

// written is a path below a list as it is in the mapping.
func written(path string, renamed map[string]string) string {
	end := strings.LastIndexByte(path, ']')
	for end >= 0 {
		if to, ok := renamed[path[:end+1]]; ok {
			return to + path[end+1:]
		}
		end = strings.LastIndexByte(path[:end], ']')
	}
	return path
}

// Marshal writes the configuration as JSON for DecodeBytes.
func Marshal(c Config) (json.RawMessage, error) {
	raw, err := config.Marshal(c)
	if err != nil {
		return nil, err
	}
	var plain map[string]any
	if err := json.Unmarshal(raw, &plain); err != nil {
		return nil, fmt.Errorf("write log rules: %w", err)
	}
	return json.Marshal(withoutNothing(plain))
}

// withoutNothing leaves out what has no value: null would be one.
func withoutNothing(v any) any {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, inner any) bool { return inner == nil })
		for k, inner := range v {
			v[k] = withoutNothing(inner)
		}
	case []any:
		for i, inner := range v {
			v[i] = withoutNothing(inner)
		}
	}
	return v
}

// DecodeBytes reads what Marshal wrote, or what else the server sent.
func DecodeBytes(raw json.RawMessage) (Config, error) {
	c := DefaultConfig()
	if len(raw) == 0 {
		return c, nil
	}
	err := config.DecodeBytes("logs", raw, &c)
	return c, err
}
