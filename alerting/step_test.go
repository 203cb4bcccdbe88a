package alerting

import (
	"testing"
	"time"

	"monitord/checks"
)

var base = time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)

func letter(t *testing.T, c rune) checks.State {
	t.Helper()
	s, ok := map[rune]checks.State{'O': checks.OK, 'W': checks.Warning, 'C': checks.Critical, 'U': checks.Unknown}[c]
	if !ok {
		t.Fatalf("unknown letter %q", c)
	}
	return s
}

// Each want is one word per result: state, S or H, attempt, and after a slash
// the hard state.
func TestStatesBecomeHardAsInNagios(t *testing.T) {
	for _, c := range []struct {
		name, results string
		max           int
		want          []string
	}{
		{"three results confirm", "OCCCCO", 3, []string{"OH1/O", "CS1/O", "CS2/O", "CH3/C", "CH3/C", "OH1/O"}},
		{"one is enough", "OCW", 1, []string{"OH1/O", "CH1/C", "WH1/W"}},
		{"a problem at first sight is soft too", "CCC", 3, []string{"CS1/O", "CS2/O", "CH3/C"}},
		{"kinds of problem count together", "OWCU", 3, []string{"OH1/O", "WS1/O", "CS2/O", "UH3/U"}},
		{"a hard problem changes its kind and stays hard", "OWWCU", 2, []string{"OH1/O", "WS1/O", "WH2/W", "CH2/C", "UH2/U"}},
		{"a soft problem that ends leaves nothing", "OCOC", 2, []string{"OH1/O", "CS1/O", "OH1/O", "CS1/O"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s ServiceState
			for i, r := range c.results {
				s, _ = step(s, Policy{MaxAttempts: c.max}, finding{At: base.Add(time.Duration(i) * time.Minute), Result: checks.Result{State: letter(t, r)}})
				if got := show(s); got != c.want[i] {
					t.Errorf("result %d (%c): got %s, want %s", i, r, got, c.want[i])
				}
			}
		})
	}
}

func show(s ServiceState) string {
	kind := "S"
	if s.Hard {
		kind = "H"
	}
	return s.State.String()[:1] + kind + string(rune('0'+s.Attempt)) + "/" + s.HardState.String()[:1]
}

func TestStepSaysWhatChanged(t *testing.T) {
	var s ServiceState
	var tr transition
	for i, c := range []struct {
		result  rune
		changed bool
		hard    bool
	}{{'O', true, false}, {'O', false, false}, {'C', true, false}, {'C', true, true}, {'C', false, false}, {'W', true, true}, {'O', true, true}} {
		s, tr = step(s, Policy{MaxAttempts: 2}, finding{At: base.Add(time.Duration(i) * time.Minute), Result: checks.Result{State: letter(t, c.result)}})
		if tr.Changed != c.changed || tr.HardChanged != c.hard {
			t.Errorf("result %d (%c): got %+v, want changed %v, hard changed %v", i, c.result, tr, c.changed, c.hard)
		}
	}
	if want := base.Add(6 * time.Minute); !s.Since.Equal(want) || !s.HardSince.Equal(want) {
		t.Errorf("since %s, hard since %s; want %s", s.Since, s.HardSince, want)
	}
}
