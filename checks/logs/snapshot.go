package logs

import (
	"encoding/json"
	"fmt"
	"time"
)

// snapshot is the form on disk.
type snapshot struct {
	Version int                   `json:"version"`
	Rules   map[string]*ruleState `json:"rules"`
}

// snapshotVersion changes when older programs could not read it.
const snapshotVersion = 1

// settle is how long after a restart nothing is missed: lines that came meanwhile
// are read first.
const settle = time.Minute

// Snapshot is what the rules remember, as JSON, for Restore after a restart.
func (t *Tracker) Snapshot() ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := snapshot{Version: snapshotVersion, Rules: map[string]*ruleState{}}
	for i, r := range t.set.rules {
		if s := t.states[i]; len(s.Gates) > 0 || s.Waiting != nil || s.Progress != nil || s.Values != nil || s.Expect != nil {
			out.Rules[r.Name] = s
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("snapshot of log rules: %w", err)
	}
	return raw, nil
}

// Changes rises whenever a Snapshot may have become another one.
func (t *Tracker) Changes() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changes
}

// Restore takes over a Snapshot, for the rules whose definition is the same; the
// others begin anew. The error leaves the Tracker as it was.
func (t *Tracker) Restore(raw []byte, now time.Time) error {
	var in snapshot
	if err := json.Unmarshal(raw, &in); err != nil {
		return fmt.Errorf("restore log rules: %w", err)
	}
	if in.Version != snapshotVersion {
		return fmt.Errorf("restore log rules: version %d (want %d): what was counted begins anew", in.Version, snapshotVersion)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, r := range t.set.rules {
		s := in.Rules[r.Name]
		if s == nil || s.Definition != r.definition || !s.fits(t.states[i]) {
			continue
		}
		if s.Expect != nil && !s.Expect.Due.IsZero() && s.Expect.Due.Before(now.Add(settle)) {
			s.Expect.Due = now.Add(settle)
		}
		t.states[i] = s
	}
	return nil
}

// fits reports whether a state has the parts that its rule wants.
func (s *ruleState) fits(want *ruleState) bool {
	if len(s.Gates) != len(want.Gates) {
		return false
	}
	for _, g := range s.Gates {
		if g == nil {
			return false
		}
	}
	if s.Waiting != nil {
		for _, e := range s.Waiting.items {
			if e.Value.(*entry[waiting]).Value.Match == nil {
				return false
			}
		}
	}
	return (s.Waiting == nil) == (want.Waiting == nil) && (s.Progress == nil) == (want.Progress == nil) &&
		(s.Values == nil) == (want.Values == nil) && (s.Expect == nil) == (want.Expect == nil)
}
