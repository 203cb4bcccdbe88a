package ping

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/config"
	"monitord/internal/icmp"
)

// Config is the options of a ping check; sample.yaml says what each decides.
type Config struct {
	Count          int               `yaml:"count"`
	PacketInterval time.Duration     `yaml:"packet_interval"`
	Wait           time.Duration     `yaml:"wait"`
	Size           int               `yaml:"size"`
	Family         netdial.Family    `yaml:"family"`
	RTTWarning     *checks.Threshold `yaml:"rtt_warning"`
	RTTCritical    *checks.Threshold `yaml:"rtt_critical"`
	LossWarning    *checks.Threshold `yaml:"loss_warning"`
	LossCritical   *checks.Threshold `yaml:"loss_critical"`
}

// DefaultConfig is what sample.yaml shows.
func DefaultConfig() Config {
	return Config{
		Count: 3, PacketInterval: 200 * time.Millisecond, Wait: time.Second, Size: 56, Family: netdial.FamilyAny,
		LossWarning: atLeast(0.2), LossCritical: atLeast(1),
	}
}

// atLeast alerts on v and above, as check_ping's limits do.
func atLeast(v float64) *checks.Threshold {
	return &checks.Threshold{Range: checks.Range{Start: v, End: math.Inf(1), Inside: true}}
}

// Validate reports every fault.
func (c *Config) Validate() error {
	var faults []error
	if c.Count < 1 || c.Count > 1000 {
		faults = append(faults, config.Faultf("count", "got %d; want 1 to 1000", c.Count))
	}
	if c.PacketInterval < time.Millisecond || c.PacketInterval > time.Minute {
		faults = append(faults, config.Faultf("packet_interval", "got %s; want 1ms to 1m", c.PacketInterval))
	}
	if c.Wait < time.Millisecond || c.Wait > time.Minute {
		faults = append(faults, config.Faultf("wait", "got %s; want 1ms to 1m", c.Wait))
	}
	if c.Size < icmp.MinSize || c.Size > 65000 {
		faults = append(faults, config.Faultf("size", "got %d; want %d to 65000", c.Size, icmp.MinSize))
	}
	if !c.Family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", c.Family))
	}
	return errors.Join(faults...)
}

// SetThresholds reads limits as check_ping has them: RTT,LOSS% where a bare RTT
// is in milliseconds and a limit is reached at its value. Either may be empty.
func (c *Config) SetThresholds(warning, critical string) error {
	if err := setPair(warning, &c.RTTWarning, &c.LossWarning); err != nil {
		return fmt.Errorf("warning: %w", err)
	}
	if err := setPair(critical, &c.RTTCritical, &c.LossCritical); err != nil {
		return fmt.Errorf("critical: %w", err)
	}
	return nil
}

func setPair(s string, rtt, loss **checks.Threshold) error {
	if s == "" {
		return nil
	}
	first, second, both := strings.Cut(s, ",")
	if !strings.ContainsAny(first, "mnuµs") && !strings.ContainsAny(first, "@:~") {
		first += "ms"
	}
	limit, err := checks.ParseThreshold(first)
	if err != nil {
		return err
	}
	*rtt = &limit
	if !both {
		return nil
	}
	if !strings.HasSuffix(second, "%") {
		second += "%"
	}
	share, err := checks.ParseThreshold(second)
	if err != nil {
		return err
	}
	*loss = &share
	if !share.Inside && share.Start == 0 {
		*loss = atLeast(share.End)
	}
	return nil
}
