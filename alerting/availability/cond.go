package availability

import (
	"fmt"
	"time"

	"monitord/checks"
)

// Cond is what is known of a service or a tree at a moment. The later ones of
// those without knowledge win where members of a tree differ.
type Cond uint8

// The conditions.
const (
	Up       Cond = iota
	Down          // confirmed: see Level
	NoResult      // before the first confirmed result, or not watched any more
	Paused        // its check does not run at that time of day (check_period)
	Unknown       // its check could not judge: UNKNOWN
	Missed        // results stayed away: MISSED
	Absent        // the server was not running
)

var condNames = [...]string{"up", "down", "no-result", "paused", "unknown", "missed", "server-absent"}

// Known reports whether it is up or down.
func (c Cond) Known() bool { return c <= Down }

// String is the name that the API has for it.
func (c Cond) String() string {
	if int(c) < len(condNames) {
		return condNames[c]
	}
	return fmt.Sprintf("cond(%d)", uint8(c))
}

// Level is from which state on a service is down. The zero value is LevelCritical.
type Level uint8

// The levels.
const (
	LevelCritical Level = iota // CRITICAL is down; WARNING is up
	LevelWarning               // WARNING is down, too
)

// Cond is what a hard state means.
func (l Level) Cond(s checks.State) Cond {
	switch s {
	case checks.OK:
		return Up
	case checks.Critical:
		return Down
	case checks.Warning:
		if l == LevelWarning {
			return Down
		}
		return Up
	}
	return Unknown
}

// String is the level as configuration writes it.
func (l Level) String() string {
	if l == LevelWarning {
		return "warning"
	}
	return "critical"
}

// UnmarshalText reads critical or warning.
func (l *Level) UnmarshalText(b []byte) error {
	switch string(b) {
	case "critical":
		*l = LevelCritical
	case "warning":
		*l = LevelWarning
	default:
		return fmt.Errorf("got %q; want critical, or warning (which counts both)", b)
	}
	return nil
}

// Mode says what becomes of planned downtime. The zero value is Counted.
type Mode uint8

// The modes.
const (
	Counted  Mode = iota // like any other time: what was down is down
	Excluded             // the whole time of the plan is left out, up or down
)

// String is the mode as configuration, command line and API write it.
func (m Mode) String() string {
	if m == Excluded {
		return "excluded"
	}
	return "counted"
}

// UnmarshalText reads counted or excluded.
func (m *Mode) UnmarshalText(b []byte) error {
	switch string(b) {
	case "counted":
		*m = Counted
	case "excluded":
		*m = Excluded
	default:
		return fmt.Errorf("got %q; want counted or excluded", b)
	}
	return nil
}

// Span is a time from From, which belongs to it, to To, which does not.
type Span struct{ From, To time.Time }

// Empty reports whether nothing lies in it.
func (s Span) Empty() bool { return !s.From.Before(s.To) }

// Len is how long it is; 0 when it is empty.
func (s Span) Len() time.Duration { return max(s.To.Sub(s.From), 0) }

// clip is the part of s that lies in w; it may be empty.
func (s Span) clip(w Span) Span {
	if s.From.Before(w.From) {
		s.From = w.From
	}
	if s.To.After(w.To) {
		s.To = w.To
	}
	return s
}
