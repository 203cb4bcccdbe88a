package checks

import (
	"encoding/json"
	"math"
	"testing"
)

func TestRangesDecideAsTheGuidelinesSay(t *testing.T) {
	for _, c := range []struct {
		text  string
		value float64
		bad   bool
	}{
		{"10", -0.1, true}, {"10", 0, false}, {"10", 10, false}, {"10", 10.1, true},
		{"10:", 9.9, true}, {"10:", 10, false}, {"10:", 1e300, false},
		{"~:10", -1e300, false}, {"~:10", 10.1, true},
		{"10:20", 9, true}, {"10:20", 15, false}, {"10:20", 21, true},
		{"@10:20", 9, false}, {"@10:20", 10, true}, {"@10:20", 20, true}, {"@10:20", 21, false},
		{"5", math.NaN(), true},
	} {
		r, err := ParseRange(c.text)
		if err != nil {
			t.Fatalf("%s: %v", c.text, err)
		}
		if got := r.Alerts(c.value); got != c.bad {
			t.Errorf("%s alerts on %v: got %v, want %v", c.text, c.value, got, c.bad)
		}
	}
}

func TestRangesThatMeanNothingAreRefused(t *testing.T) {
	for _, s := range []string{"", ":", "@", "a", "20:10", "~", "1:2:3", "NaN", "inf"} {
		if r, err := ParseRange(s); err == nil {
			t.Errorf("%q was read as %v", s, r)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, s := range []string{"10", "10:", "~:10", "10:20", "@10:20", "@~:-1e-9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRange(s)
		if err != nil {
			return
		}
		again, err := ParseRange(r.String())
		if err != nil || again != r {
			t.Errorf("%q is written as %q and read back as %v, %v", s, r.String(), again, err)
		}
	})
}

func TestServiceNamesReadBack(t *testing.T) {
	for _, s := range []Service{{"web1", "ping", ""}, {"web1", "filesystem", "/var"}, {"sw1", "interface", "a[0]"}} {
		got, err := ParseService(s.String())
		if err != nil || got != s {
			t.Errorf("%s: got %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "web1", "/ping", "web1/", "web1/[x]", "web1/a[", "web1/a[]"} {
		if got, err := ParseService(bad); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func TestResultsSurviveJSON(t *testing.T) {
	in := Result{State: Critical, Reason: ReasonConnect, Perf: []Perf{{Label: "time", Value: 1, Warn: &Range{Start: math.Inf(-1), End: 2}}}}
	raw, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out Result
	if err := json.Unmarshal(raw, &out); err != nil {
		t.Fatal(err)
	}
	if out.State != Critical || *out.Perf[0].Warn != *in.Perf[0].Warn {
		t.Errorf("got %+v", out)
	}
}

func TestUnknownNeverHidesAProblem(t *testing.T) {
	if Unknown.Worse(Warning) || !Unknown.Worse(OK) || !Critical.Worse(Unknown) {
		t.Error("want OK < UNKNOWN < WARNING < CRITICAL")
	}
}
