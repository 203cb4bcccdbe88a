package trend

import (
	"fmt"
	"math"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// Kind is what a finding is called. The zero value is none.
type Kind uint8

// The four kinds.
const (
	NoKind  Kind = iota
	Surge        // above its own normal for that hour
	Drop         // below it
	Pattern      // the series behaves in another way than it used to
	Limit        // a limit comes near
)

func kindNames() []string { return []string{"", "surge", "drop", "pattern", "limit"} }

// String is the word of configuration, CSV and JSON.
func (k Kind) String() string {
	if names := kindNames(); int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind reads the word.
func ParseKind(s string) (Kind, error) {
	for i, name := range kindNames() {
		if i > 0 && s == name {
			return Kind(i), nil
		}
	}
	return NoKind, fmt.Errorf("kind %q: want surge, drop, pattern or limit", s)
}

// UnmarshalText reads the word.
func (k *Kind) UnmarshalText(b []byte) (err error) {
	*k, err = ParseKind(string(b))
	return err
}

// MarshalText writes the word.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Form is what exactly happened, within a kind.
type Form uint8

// The forms.
const (
	Sudden      Form = iota // surge, drop: within minutes
	Slide                   // surge, drop: over hours or days
	RhythmLost              // pattern: the period is gone
	RhythmNew               // pattern: a period appeared
	RhythmOther             // pattern: the rhythm is another one
	LevelShift              // pattern: it stays on another level
	Livelier                // pattern: it varies more than it used to
	Calmer                  // pattern: it varies less
	Frozen                  // pattern: the same value for too long
	Approach                // limit: at a date, or it is reached
	Near                    // limit: next to nothing is left
	forms
)

// Finding is something that was seen in a series. One incident is one finding:
// a slide that becomes a collapse, or a surge that stays and becomes a shift of
// level, keeps its ID.
type Finding struct {
	ID       uint32
	Kind     Kind
	Form     Form
	Severity uint8   // 1 warning, 2 critical
	Period   uint8   // pattern: hours of the rhythm that was lost, appeared or was left for another; 24 a day, 168 a week, 0 unknown
	Onset    int64   // Unix seconds: when it began, to a step of what is looked at (a value, a mean of five minutes, for slow changes an hour)
	Found    int64   // time of the value with which it was told first
	Changed  int64   // time of the value that changed kind, form or severity last, or ended it: that which was shown to Observe, not that of the mean which it completed
	Ended    int64   // time of the value with which it ended; 0 while it is open
	Was      float64 // the normal value at the onset; for a limit the limit
	Now      float64 // the value that says most: the farthest, the new level
	Size     float64 // distance from normal in usual spreads, signed; 0 for a limit
	P10      int64   // limit: Unix seconds by which it is reached with one chance in ten; 0 not in sight
	P50      int64
	P90      int64
}

// Open tells whether it still lasts.
func (f Finding) Open() bool { return f.Ended == 0 }

// State is the state of a service that this finding stands for.
func (f Finding) State() checks.State {
	switch {
	case !f.Open():
		return checks.OK
	case f.Severity >= 2:
		return checks.Critical
	}
	return checks.Warning
}

// Change is the relative change against normal, -1 for "all of it gone"; false
// where normal is nothing to divide by.
func (f Finding) Change() (float64, bool) {
	if math.Abs(f.Was) < 1e-12 || math.Abs(f.Now-f.Was) > 1e4*math.Abs(f.Was) {
		return 0, false
	}
	return (f.Now - f.Was) / math.Abs(f.Was), true
}

// Sentence says it for people. series is how they call it: "traffic on eth0".
func (f Finding) Sentence(series string) text.Message {
	args := []text.Arg{
		text.Str("series", series), text.Time("onset", time.Unix(f.Onset, 0)),
		text.Num("was", f.Was), text.Num("now", f.Now), text.Sub("change", f.changeText()),
	}
	if f.Period > 0 {
		args = append(args, text.Sub("period", f.periodText()))
		switch f.Form {
		case RhythmLost:
			return text.M("trend.rhythm-lost", args...)
		case RhythmNew:
			return text.M("trend.rhythm-new", args...)
		case RhythmOther:
			return text.M("trend.rhythm-other", args...)
		}
	}
	switch f.Form {
	case Approach, Near:
		return f.limitSentence(series)
	case RhythmLost, RhythmNew, RhythmOther, LevelShift, Livelier, Calmer, Frozen:
		return text.Message{ID: "trend.pattern-" + formNames()[f.Form], Args: args}
	case Slide:
		return text.Message{ID: "trend.slide-" + f.Kind.String(), Args: args}
	default:
		return text.Message{ID: "trend.sudden-" + f.Kind.String(), Args: args}
	}
}

func formNames() []string {
	return []string{"sudden", "slide", "lost", "new", "other", "shift", "livelier", "calmer", "frozen", "approach", "near"}
}

// String is the word for JSON.
func (f Form) String() string {
	if names := formNames(); int(f) < len(names) {
		return names[f]
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

// periodText is the period as an adjective: "daily".
func (f Finding) periodText() text.Message {
	switch f.Period {
	case dayCells:
		return text.M("trend.period-day")
	case weekCells:
		return text.M("trend.period-week")
	}
	return text.M("trend.period-hours", text.Int("hours", uint16(f.Period)))
}

func (f Finding) changeText() text.Message {
	change, ok := f.Change()
	if !ok {
		return text.M("trend.change-absolute", text.Num("now", f.Now), text.Num("was", f.Was))
	}
	sign := "+"
	if change < 0 {
		sign = "−"
	}
	return text.M("trend.change", text.Str("sign", sign), text.Ratio("by", math.Abs(change)))
}

func (f Finding) limitSentence(series string) text.Message {
	at := func(unix int64) time.Time {
		if unix == 0 {
			return time.Time{}
		}
		return time.Unix(unix, 0)
	}
	near := f.Form == Near
	fc := Forecast{Enough: true, Reached: f.P50 == 0 && !near, Near: near, P10: at(f.P10), P50: at(f.P50), P90: at(f.P90)}
	return fc.Sentence(series, f.Was, f.Now)
}
