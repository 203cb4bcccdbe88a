package wire

import (
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// HealthData is what `probe health` did about a fault of its machine: one event
// for each step.
type HealthData struct {
	Fault   string        `json:"fault"` // names the fault; the same in all its events
	Step    string        `json:"step"`  // HealthStarted, …
	Since   time.Time     `json:"since"` // when the fault was confirmed
	Checks  []HealthCheck `json:"checks"`
	Command []string      `json:"command,omitempty"` // the give-up command: program and arguments
	// The rest is known once the command has ended.
	ExitCode int  `json:"exit_code,omitempty"` // -1 when a signal ended it
	TimedOut bool `json:"timed_out,omitempty"`
	// Interrupted says that it was still running when `probe health` was told to
	// end, and was ended a little later: `heartbeat -k` ends its clients.
	Interrupted bool          `json:"interrupted,omitempty"`
	Took        time.Duration `json:"took,omitempty"`
	Output      string        `json:"output,omitempty"` // the beginning of what it printed
	Detail      string        `json:"detail,omitempty"` // why it was not started, or its outcome is unknown
}

// The steps of a fault.
const (
	HealthStarted   = "started"   // confirmed: the give-up command is about to be started
	HealthEnded     = "ended"     // the command ended; ExitCode tells how
	HealthFailed    = "failed"    // the command could not be started
	HealthUnknown   = "unknown"   // we were ended before we knew how the command ended; it is not repeated
	HealthBlocked   = "blocked"   // the fault cannot be remembered, so nothing is done
	HealthReported  = "reported"  // no command is configured, or it is a dry run
	HealthRecovered = "recovered" // the checks are good again: the fault is forgotten
)

// HealthCheck is one check that failed.
type HealthCheck struct {
	Name     string        `json:"name"`
	State    checks.State  `json:"state"`
	Reason   checks.Reason `json:"reason,omitempty"`
	Summary  text.Message  `json:"summary"`
	Attempts int           `json:"attempts"` // results in a row
}
