package udp

import (
	"encoding/hex"
	"errors"
	"regexp"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
)

// Config is the options of a udp check; sample.yaml says what each decides.
type Config struct {
	Port         int               `yaml:"port"`
	Family       netdial.Family    `yaml:"family"`
	Send         string            `yaml:"send"`
	SendHex      string            `yaml:"send_hex"`
	Expect       string            `yaml:"expect"`
	ExpectRegexp string            `yaml:"expect_regexp"`
	Tries        int               `yaml:"tries"`
	Warning      *checks.Threshold `yaml:"warning"`
	Critical     *checks.Threshold `yaml:"critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config { return Config{Family: netdial.FamilyAny, Tries: 3} }

// The bounds of a run.
const (
	maxSend  = 65507 // the most that a UDP packet over IPv4 holds, in bytes
	maxTries = 10
)

// Validate reports every fault.
func (c *Config) Validate() error {
	faults := netdial.Faults(c.Port, c.Family)
	fault := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	if n := max(len(c.Send), len(c.SendHex)/2); n > maxSend {
		fault("send", "has %d bytes; want at most %d", n, maxSend)
	}
	if _, err := hex.DecodeString(c.SendHex); err != nil {
		fault("send_hex", "%v; want pairs of hexadecimal digits", err)
	}
	if c.Send != "" && c.SendHex != "" {
		fault("send_hex", "stands beside send; want one of them")
	}
	if c.Expect != "" && c.ExpectRegexp != "" {
		fault("expect_regexp", "stands beside expect; want one of them")
	}
	if c.Expect == "" && c.ExpectRegexp == "" {
		fault("expect", "is empty; want words of the answer, or expect_regexp: . for any")
	}
	if _, err := regexp.Compile(c.ExpectRegexp); err != nil {
		fault("expect_regexp", "%v", err)
	}
	if c.Tries < 1 || c.Tries > maxTries {
		fault("tries", "got %d; want 1 to %d", c.Tries, maxTries)
	}
	return errors.Join(faults...)
}
