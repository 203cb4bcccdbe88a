package metric

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"monitord/checks"
	"monitord/internal/text"
)

var now = time.Unix(1700000000, 0)

// build decodes a configuration as it is written and answers its query.
func build(t *testing.T, source string, points []checks.Point, queryErr error) *Check {
	t.Helper()
	cfg := DefaultConfig()
	if err := yaml.UnmarshalWithOptions([]byte("expr: x\n"+source), &cfg, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, checks.Deps{Now: func() time.Time { return now }, Query: func(_ context.Context, expr string, at time.Time) ([]checks.Point, error) {
		if expr != "x" || !at.Equal(now) {
			t.Errorf("asked %q at %s", expr, at)
		}
		return points, queryErr
	}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func at(mount string, v float64) checks.Point {
	return checks.Point{Labels: map[string]string{"mountpoint": mount}, At: now, Value: v}
}

func TestEachElementIsAResultInOrder(t *testing.T) {
	c := build(t, "item: mountpoint\nwarning: 80%\ncritical: 90%\nunit: ratio\n",
		[]checks.Point{at("/var", 0.93), at("/", 0.5), at("/home", 0.85)}, nil)
	results, err := c.Run(t.Context(), checks.Target{})
	if err != nil || len(results) != 3 {
		t.Fatalf("got %+v, %v", results, err)
	}
	for i, want := range []struct {
		item  string
		state checks.State
		en    string
		ja    string
	}{
		{"/", checks.OK, "50 %, limit 80 %", "50 %(しきい値 80 %)"},
		{"/home", checks.Warning, "85 %, limit 80 %", "85 %で、しきい値(80 %)を外れています"},
		{"/var", checks.Critical, "93 %, limit 90 %", "93 %で、しきい値(90 %)を外れています"},
	} {
		r := results[i]
		if r.Item != want.item || r.State != want.state || (r.State != checks.OK) != (r.Reason == checks.ReasonThreshold) {
			t.Errorf("got %+v; want %+v", r, want)
		}
		if en, ja := text.Default().Render(text.English, nil, r.Summary), text.Default().Render(text.Japanese, nil, r.Summary); en != want.en || ja != want.ja {
			t.Errorf("%s: %q, %q; want %q, %q", r.Item, en, ja, want.en, want.ja)
		}
		if p := r.Perf[0]; p.Unit != checks.UnitRatio || p.Warn.End != 0.8 || p.Crit.End != 0.9 {
			t.Errorf("perf %+v", p)
		}
	}
}

func TestHysteresisHoldsUntilRecovery(t *testing.T) {
	const both, onlyCritical = "warning: 80\ncritical: 90\nrecovery: 70\n", "critical: 90\nrecovery: 70\n"
	for _, tt := range []struct {
		source string
		value  float64
		before checks.State
		want   checks.State
	}{
		{both, 75, checks.OK, checks.OK},
		{both, 75, checks.Warning, checks.Warning},
		{both, 75, checks.Critical, checks.Critical},
		{both, 85, checks.Critical, checks.Critical},
		{both, 95, checks.Warning, checks.Critical},
		{both, 70, checks.Critical, checks.OK},
		{both, 75, checks.Unknown, checks.OK},
		{onlyCritical, 75, checks.Warning, checks.OK},
		{onlyCritical, 75, checks.Critical, checks.Critical},
		{"critical: 90\n", 75, checks.Critical, checks.OK},
	} {
		c := build(t, tt.source, []checks.Point{{At: now, Value: tt.value}}, nil)
		r, err := c.Run(t.Context(), checks.Target{Previous: map[string]checks.State{"": tt.before}})
		if err != nil || r[0].State != tt.want {
			t.Errorf("%g after %s: got %+v, %v; want %s", tt.value, tt.before, r, err, tt.want)
		}
	}
}

func TestNoDataIsWhatItIsConfiguredToBe(t *testing.T) {
	old := checks.Point{At: now.Add(-2 * time.Minute), Value: 1}
	nan := checks.Point{At: now, Value: math.NaN()}
	for _, tt := range []struct {
		source string
		points []checks.Point
		want   checks.State
		reason checks.Reason
	}{
		{"critical: 90", nil, checks.Unknown, checks.ReasonNoData},
		{"critical: 90\nno_data: ok", nil, checks.OK, ""},
		{"critical: 90\nno_data: critical", nil, checks.Critical, checks.ReasonNoData},
		{"critical: 90\nlookback: 1m", []checks.Point{old}, checks.Unknown, checks.ReasonNoData},
		{"critical: 90\nlookback: 3m", []checks.Point{old}, checks.OK, ""},
		{"critical: 90", []checks.Point{nan}, checks.Unknown, checks.ReasonNoData},
	} {
		r, err := build(t, tt.source, tt.points, nil).Run(t.Context(), checks.Target{})
		if err != nil || len(r) != 1 || r[0].State != tt.want || r[0].Reason != tt.reason {
			t.Errorf("%q: got %+v, %v; want %s %q", tt.source, r, err, tt.want, tt.reason)
		}
	}
}

func TestWhatWeCannotJudgeIsAnError(t *testing.T) {
	gone := errors.New("store is away")
	if _, err := build(t, "critical: 1", nil, gone).Run(t.Context(), checks.Target{}); !errors.Is(err, gone) {
		t.Errorf("store: %v", err)
	}
	two := []checks.Point{at("/", 1), at("/var", 2)}
	if _, err := build(t, "critical: 1", two, nil).Run(t.Context(), checks.Target{}); err == nil || !strings.Contains(err.Error(), "set item") {
		t.Errorf("two elements without item: %v", err)
	}
	many := make([]checks.Point, maxItems+1)
	if _, err := build(t, "critical: 1", many, nil).Run(t.Context(), checks.Target{}); err == nil || !strings.Contains(err.Error(), "narrow") {
		t.Errorf("too many: %v", err)
	}
	if _, err := New(DefaultConfig(), checks.Deps{}); err == nil {
		t.Error("built without a store")
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Unit: "furlong", NoData: "maybe", Lookback: -1}
	err := c.Validate()
	for _, want := range []string{"expr: ", "critical: ", "unit: ", "no_data: ", "lookback: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
