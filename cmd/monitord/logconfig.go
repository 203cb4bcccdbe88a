package main

import (
	"errors"
	"regexp"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
	"monitord/internal/config"
)

// logsConfig is the section `logs`: files of this machine that the server
// follows, and rules that raise services.
type logsConfig struct {
	Follow logfile.Config `yaml:",inline"`
	Match  logs.Config    `yaml:",inline"`
}

func defaultLogsConfig() logsConfig {
	return logsConfig{Follow: logfile.DefaultConfig(), Match: logs.DefaultConfig()}
}

// logService is how a service of a log is named: it is an item, and a series'
// label.
var logService = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// logServiceOf is the service that a rule raises: the rule's own name, when it
// names none.
func logServiceOf(r logs.RuleConfig) string {
	if r.Service != "" {
		return r.Service
	}
	return r.Name
}

// Validate reports every fault. A rule inside the server raises a service and
// says what ends it; programs are for `monitord logs follow`.
func (c logsConfig) Validate() error {
	faults := []error{c.Follow.Validate()}
	for i, r := range c.Match.Rules {
		at := config.IndexPath("rules", i)
		if len(r.Exec)+len(r.Pipe)+len(r.Mail)+len(r.Write)+r.Bell > 0 || r.Echo {
			faults = append(faults, config.Faultf(at, "the server starts nothing for a line (want state and service here, who is told is in contacts; or run this rule by monitord logs follow)"))
		}
		if len(r.Samples) > 0 {
			faults = append(faults, config.Faultf(at+".samples", "the server keeps no numbers of lines (want none)"))
		}
		if r.Ignore != nil {
			continue
		}
		if r.State == "" {
			faults = append(faults, config.Faultf(at+".state", "it is missing (want warning, critical or unknown: what the line means)"))
		}
		if !logService.MatchString(logServiceOf(r)) {
			faults = append(faults, config.Faultf(at+".service", "got %q; want a name of letters, digits, _ . and -, such as oom", logServiceOf(r)))
		}
		if r.Expect == nil && r.Clear == nil && r.ClearAfter <= 0 {
			faults = append(faults, config.Faultf(at, "nothing would end the problem (want clear: the line that ends it, or clear_after: such as 1h)"))
		}
	}
	if len(c.Match.Rules) > 0 && len(c.Follow.Files) == 0 {
		faults = append(faults, config.Faultf("files", "it is missing (want the files that the rules are for, such as [{path: /var/log/syslog}])"))
	}
	return errors.Join(faults...)
}
