package netdial

import (
	"time"

	"monitord/checks"
	"monitord/internal/config"
)

// TimePerf is the value "time" that every network check has.
func TimePerf(took time.Duration, warning, critical *checks.Threshold) checks.Perf {
	return checks.Perf{
		Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds,
		Warn: warning.AsRange(), Crit: critical.AsRange(),
	}
}

// Evidence is the beginning of what a peer said, as much as a result holds.
func Evidence(said []byte) []byte { return said[:min(len(said), checks.EvidenceLimit)] }

// Faults are those of the options that every network check has.
func Faults(port int, family Family) []error {
	var faults []error
	if port < 1 || port > 65535 {
		faults = append(faults, config.Faultf("port", "got %d; want 1 to 65535", port))
	}
	if !family.Valid() {
		faults = append(faults, config.Faultf("family", "got %q; want any, ip4 or ip6", family))
	}
	return faults
}
