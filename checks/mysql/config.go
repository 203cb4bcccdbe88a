package mysql

import (
	"errors"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/config"
)

// Config is the options of a mysql check; sample.yaml says what each decides.
type Config struct {
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

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Port: 3306, Family: netdial.FamilyAny, Username: "monitord",
		Query: "SELECT 1", Verify: true,
	}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := append(netdial.Faults(c.Port, c.Family), c.want().Faults()...)
	if c.Username == "" {
		faults = append(faults, config.Faultf("username", "is empty; want a user"))
	}
	return errors.Join(append(faults, sqlanswer.ReplicationFaults(c.Replication, c.Query, c.want(), c.LagWarning, c.LagCritical))...)
}

func (c *Config) want() sqlanswer.Want {
	return sqlanswer.Want{Expect: c.Expect, ExpectRegexp: c.ExpectRegexp, Warning: c.ValueWarning, Critical: c.ValueCritical}
}

func (c *Config) limits() sqlanswer.Limits {
	return sqlanswer.Limits{Warning: c.Warning, Critical: c.Critical, LagWarning: c.LagWarning, LagCritical: c.LagCritical}
}
