package logwatch

import (
	"errors"
	"regexp"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
	"monitord/internal/config"
)

// Config is the section `logs`: what is followed, and the rules.
type Config struct {
	Follow logfile.Config `yaml:",inline"`
	Match  logs.Config    `yaml:",inline"`
}

// DefaultConfig follows nothing.
func DefaultConfig() Config {
	return Config{Follow: logfile.DefaultConfig(), Match: logs.DefaultConfig()}
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
func (c Config) Validate() error {
	faults := []error{c.Follow.Validate()}
	for i := range c.Match.Rules {
		faults = append(faults, validateRule(config.IndexPath("rules", i), &c.Match.Rules[i])...)
	}
	return errors.Join(faults...)
}

func validateRule(at string, r *logs.RuleConfig) (faults []error) {
	if len(r.Exec)+len(r.Pipe)+len(r.Mail)+len(r.Write)+r.Bell > 0 || r.Echo {
		faults = append(faults, config.Faultf(at, "the server starts nothing for a line (want state and service here, who is told is in contacts; or run this rule by monitord logs follow)"))
	}
	if len(r.Samples) > 0 {
		faults = append(faults, config.Faultf(at+".samples", "the server keeps no numbers of lines (want none)"))
	}
	if r.Ignore != nil {
		return faults
	}
	if r.State == "" {
		faults = append(faults, config.Faultf(at+".state", "it is missing (want warning, critical or unknown: what the line means)"))
	}
	if !serviceName.MatchString(ServiceOf(*r)) {
		faults = append(faults, config.Faultf(at+".service", "got %q; want a name of letters, digits, _ . and -, such as oom", ServiceOf(*r)))
	}
	if r.Expect == nil && r.Clear == nil && r.ClearAfter <= 0 {
		faults = append(faults, config.Faultf(at, "nothing would end the problem (want clear: the line that ends it, or clear_after: such as 1h)"))
	}
	return faults
}
