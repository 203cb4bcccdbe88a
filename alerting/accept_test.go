//go:build accept

package alerting

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"monitord/checks"
)

// The sequences were recorded from a real nagios4 by others; where they lie is
// told by SHARED.
func TestStatesAreThoseOfNagios(t *testing.T) {
	shared := os.Getenv("SHARED")
	if shared == "" {
		shared = "../../shared"
	}
	raw, err := os.ReadFile(filepath.Join(shared, "data/nagios/state_vectors-public.json"))
	if err != nil {
		t.Skipf("no recorded sequences (set SHARED): %v", err)
	}
	var file struct {
		Vectors map[string]struct {
			Options map[string]any `json:"options"`
			Steps   []struct {
				Result    string `json:"result"`
				State     int    `json:"state"`
				Type      string `json:"state_type"`
				Attempt   int    `json:"attempt"`
				LastState int    `json:"last_hard_state"`
			} `json:"steps"`
		} `json:"vectors"`
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for name, v := range file.Vectors {
		max, _ := v.Options["max_check_attempts"].(float64)
		var s ServiceState
		for i, st := range v.Steps {
			s, _ = step(s, Policy{MaxAttempts: int(max)}, finding{At: base.Add(time.Duration(i) * time.Second),
				Result: checks.Result{State: letter(t, rune(st.Result[0]))}})
			compared++
			if int(s.State) != st.State || s.Hard != (st.Type == "HARD") || s.Attempt != st.Attempt || int(s.HardState) != st.LastState {
				t.Errorf("%s step %d (%s): got %s, nagios %d %s %d/%d", name, i, st.Result, show(s), st.State, st.Type, st.Attempt, st.LastState)
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d steps compared", compared)
	}
	t.Logf("%d sequences, %d steps compared", len(file.Vectors), compared)
}
