package sqlanswer

import (
	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Options are what the checks of databases have in common; each sample.yaml says
// what they decide. They are embedded with `yaml:",inline"`.
type Options struct {
	Port          int               `yaml:"port"`
	Family        netdial.Family    `yaml:"family"`
	Database      string            `yaml:"database"`
	Username      string            `yaml:"username"`
	Password      config.Secret     `yaml:"password"`
	Query         string            `yaml:"query"`
	Expect        string            `yaml:"expect"`
	ExpectRegexp  string            `yaml:"expect_regexp"`
	ValueWarning  *checks.Threshold `yaml:"value_warning"`
	ValueCritical *checks.Threshold `yaml:"value_critical"`
	Replication   bool              `yaml:"replication"`
	LagWarning    *checks.Threshold `yaml:"lag_warning"`
	LagCritical   *checks.Threshold `yaml:"lag_critical"`
	TLS           bool              `yaml:"tls"`
	Verify        bool              `yaml:"tls_verify"`
	CAFile        string            `yaml:"tls_ca_file"`
	ServerName    string            `yaml:"tls_server_name"`
	Warning       *checks.Threshold `yaml:"warning"`
	Critical      *checks.Threshold `yaml:"critical"`
}

// DefaultOptions are what the samples show alike.
func DefaultOptions(port int) Options {
	return Options{Port: port, Family: netdial.FamilyAny, Username: "monitord", Query: "SELECT 1", Verify: true}
}

// Faults reports every fault but those of a name.
func (o *Options) Faults() []error {
	faults := append(netdial.Faults(o.Port, o.Family), o.want().Faults()...)
	return append(faults, ReplicationFaults(o.Replication, o.Query, o.want(), o.LagWarning, o.LagCritical))
}

func (o *Options) want() Want {
	return Want{Expect: o.Expect, ExpectRegexp: o.ExpectRegexp, Warning: o.ValueWarning, Critical: o.ValueCritical}
}

func (o *Options) limits() Limits {
	return Limits{Warning: o.Warning, Critical: o.Critical, LagWarning: o.LagWarning, LagCritical: o.LagCritical}
}
