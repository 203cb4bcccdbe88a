package logwatch

import (
	"errors"
	"reflect"
	"regexp"

	"monitord/checks/logs"
	"monitord/collectors/journald"
	"monitord/collectors/kmsg"
	"monitord/collectors/logfile"
	"monitord/internal/config"
	"monitord/internal/logkeep"
)

// Config is the section `logs`: what is followed, and the rules.
type Config struct {
	Follow logfile.Config `yaml:",inline"`
	Match  logs.Config    `yaml:",inline"`

	Journald journald.Config `yaml:"journald"`
	Kernel   kmsg.Config     `yaml:"kernel"`
	Keep     KeepConfig      `yaml:"keep"`
}

// KeepConfig says whether whole logs are kept, and how much of them.
type KeepConfig struct {
	// Enabled keeps every line that is read, whatever the rules say of it.
	Enabled        bool `yaml:"enabled"`
	logkeep.Config `yaml:",inline"`
}

// NeedsRestart names the keys in which another configuration differs and that
// are read at the start only.
func (c Config) NeedsRestart(other Config) (keys []string) {
	if !reflect.DeepEqual(c.Follow, other.Follow) {
		keys = append(keys, "files, max_line, max_open, linger")
	}
	if !reflect.DeepEqual(c.Journald, other.Journald) {
		keys = append(keys, "journald")
	}
	if c.Kernel != other.Kernel {
		keys = append(keys, "kernel")
	}
	if c.Keep != other.Keep {
		keys = append(keys, "keep")
	}
	return keys
}

// DefaultConfig follows nothing.
func DefaultConfig() Config {
	return Config{
		Follow: logfile.DefaultConfig(), Match: logs.DefaultConfig(),
		Journald: journald.DefaultConfig(), Kernel: kmsg.DefaultConfig(), Keep: KeepConfig{Config: logkeep.DefaultConfig()},
	}
}

// serviceName is how a service of a log is named: it is an item, and a series'
// label.
var serviceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// ServiceOf is the service that a rule raises: the rule's own name, when it names
// none.
func ServiceOf(r logs.RuleConfig) string {
	if r.Service != "" {
		return r.Service
	}
	return r.Name
}

// Validate reports every fault. A rule here raises a service and says what ends
// it; programs are for `monitord logs follow`.
func (c Config) Validate() error { return c.ValidateBeside(false) }

// ValidateBeside is Validate where lines may come from elsewhere too: then rules
// make sense without files.
func (c Config) ValidateBeside(elsewhere bool) error {
	faults := []error{c.Follow.Validate()}
	for i := range c.Match.Rules {
		faults = append(faults, validateRule(config.IndexPath("rules", i), &c.Match.Rules[i])...)
	}
	return errors.Join(faults...)
}

func validateRule(at string, r *logs.RuleConfig) (faults []error) {
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(at+path, format, args...))
	}
	if len(r.Exec)+len(r.Pipe)+len(r.Mail)+len(r.Write)+r.Bell > 0 || r.Echo {
		fault("", "the server starts nothing for a line (want state and service here, who is told is in contacts; a program is named by action: and stands in the section actions; or run this rule by monitord logs follow)")
	}
	if n := r.JournalLines; n != nil && (*n < 0 || *n > maxJournalLines) {
		fault(".journal_lines", "got %d; want 0 to %d", *n, maxJournalLines)
	}
	if r.Ignore != nil {
		return faults
	}
	if r.State == "" {
		if r.Expect != nil || r.Clear != nil || r.ClearAfter > 0 || r.Service != "" || r.Action != "" {
			fault(".state", "it is missing (want warning, critical or unknown: what the line means)")
		}
		return faults
	}
	if !serviceName.MatchString(ServiceOf(*r)) {
		fault(".service", "got %q; want a name of letters, digits, _ . and -, such as oom", ServiceOf(*r))
	}
	return faults
}

// maxJournalLines bounds what a rule may write to the journal in a minute.
const maxJournalLines = 10_000
