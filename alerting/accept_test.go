//go:build accept

package alerting

import (
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/accept"
	"monitord/internal/inventory"
)

var only = flag.String("accept.only", "", "run this set only")

type vectorStep struct {
	Result    string   `json:"result"`
	State     int      `json:"state"`
	Type      string   `json:"state_type"`
	Attempt   int      `json:"attempt"`
	LastState int      `json:"last_hard_state"`
	Percent   float64  `json:"percent_state_change"`
	Flapping  bool     `json:"is_flapping"`
	Number    int      `json:"notification_number"`
	Log       []string `json:"log"`
}

// TestAcceptNagiosStates compares each step with what a real nagios4 did.
func TestAcceptNagiosStates(t *testing.T) {
	if *only != "" && *only != "nagios-states" {
		t.Skip("another set was asked for")
	}
	dir, err := accept.Data("nagios")
	if errors.Is(err, accept.ErrNoShared) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "state_vectors*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sequences in %s: %v", dir, err)
	}
	c := &accept.Count{Set: "nagios-states", W: os.Stdout}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Vectors map[string]struct {
				Options map[string]any `json:"options"`
				Host    string         `json:"host_state"`
				Steps   []vectorStep   `json:"steps"`
			} `json:"vectors"`
		}
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatal(err)
		}
		for name, v := range file.Vectors {
			replay(t, c, name, nagiosPolicy(t, v.Options, v.Host), v.Steps)
		}
	}
	os.Stdout.WriteString(c.Line() + "\n")
	if c.Failed > 0 || c.Passed < 2000 {
		t.Error(c.Line())
	}
}

// nagiosPolicy reads Nagios' own words; every change is told, as it does.
func nagiosPolicy(t *testing.T, o map[string]any, host string) Policy {
	t.Helper()
	number := func(key string, missing float64) float64 {
		if v, ok := o[key].(float64); ok {
			return v
		}
		return missing
	}
	p := Policy{MaxAttempts: int(number("max_check_attempts", 1)), Volatile: number("is_volatile", 0) > 0, EveryChange: true,
		Unreachable: host != "" && host != "UP"}
	if number("flap_detection_enabled", 0) > 0 {
		p.FlapLow, p.FlapHigh = number("low_flap_threshold", 5), number("high_flap_threshold", 20)
	}
	if options, ok := o["notification_options"].(string); ok {
		for word := range strings.SplitSeq(options, ",") {
			p.NotifyOn |= map[string]inventory.NotifyOn{"w": inventory.NotifyWarning, "c": inventory.NotifyCritical, "u": inventory.NotifyUnknown,
				"r": inventory.NotifyRecovery, "f": inventory.NotifyFlapping}[strings.TrimSpace(word)]
		}
	}
	if options, ok := o["flap_detection_options"].(string); ok {
		for word := range strings.SplitSeq(options, ",") {
			p.FlapOn = append(p.FlapOn, letter(t, rune(strings.ToUpper(strings.TrimSpace(word))[0])))
		}
	}
	return p
}

func replay(t *testing.T, c *accept.Count, name string, policy Policy, steps []vectorStep) {
	t.Helper()
	var s ServiceState
	for i, st := range steps {
		was := s.HardState
		var tr transition
		s, tr = step(s, policy, finding{At: base.Add(time.Duration(i) * 2300 * time.Millisecond), Result: checks.Result{State: letter(t, rune(st.Result[0]))}})
		what := wanted(s, tr, policy, was)
		told(&s, what)
		same := func(field string, got, want any) {
			if got != want {
				c.Fail("%s step %d (%s): %s is %v, nagios has %v", name, i, st.Result, field, got, want)
			} else {
				c.Pass()
			}
		}
		same("state", int(s.State), st.State)
		same("hard", s.Hard, st.Type == "HARD")
		same("attempt", s.Attempt, st.Attempt)
		same("last hard state", int(s.HardState), st.LastState)
		same("percent", math.Round(s.FlapPercent*100)/100, st.Percent)
		same("flapping", s.Marks.Has(MarkFlapping), st.Flapping)
		same("notification number", s.Pages, st.Number)
		same("notifications", notifications(s, what), recorded(st.Log))
	}
}

// notifications writes what is told in Nagios' words.
func notifications(s ServiceState, what telling) string {
	var list []string
	for bit, word := range map[telling]string{tellProblem: s.State.String(), tellRecovery: "OK",
		tellFlapStart: "FLAPPINGSTART (" + s.State.String() + ")", tellFlapStop: "FLAPPINGSTOP (" + s.State.String() + ")"} {
		if what&bit != 0 {
			list = append(list, word)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func recorded(log []string) string {
	var list []string
	for _, line := range log {
		if strings.HasPrefix(line, "SERVICE NOTIFICATION: ") {
			list = append(list, strings.Split(line, ";")[3])
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
