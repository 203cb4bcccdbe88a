package trend

import (
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

func TestSentencesSayWhatWhenAndHowMuch(t *testing.T) {
	on := time.Date(2026, 10, 18, 3, 0, 0, 0, time.UTC).Unix()
	for _, c := range []struct {
		f    Finding
		want []string
	}{
		{Finding{Kind: Pattern, Form: RhythmLost, Onset: on, Was: 4e6, Now: 2e5}, []string{"traffic on eth0 lost its rhythm since", "18 Oct 03:00", "−95 %"}},
		{Finding{Kind: Pattern, Form: RhythmLost, Period: 24, Onset: on, Was: 4e6, Now: 2e5}, []string{"traffic on eth0 lost its daily rhythm since", "18 Oct 03:00, level −95 %"}},
		{Finding{Kind: Pattern, Form: RhythmLost, Period: 5, Onset: on, Was: 4, Now: 2}, []string{"lost its 5-hour rhythm since"}},
		{Finding{Kind: Pattern, Form: RhythmNew, Period: 168, Onset: on, Was: 4, Now: 2}, []string{"follows a weekly rhythm since", "did not have before"}},
		{Finding{Kind: Pattern, Form: RhythmOther, Period: 24, Onset: on, Was: 4, Now: 2}, []string{"left its daily rhythm for another one since"}},
		{Finding{Kind: Surge, Form: Sudden, Onset: on, Was: 2, Now: 9}, []string{"far above", "9 instead of 2"}},
		{Finding{Kind: Drop, Form: Slide, Onset: on, Was: 0, Now: -9}, []string{"sliding", "0 → -9"}},
		{Finding{Kind: Pattern, Form: Frozen, Onset: on, Was: 5, Now: 5}, []string{"has not moved since"}},
		{Finding{Kind: Limit, Form: Approach, Was: 100, Now: 88, P10: on, P50: on + 3600, P90: on + 7200}, []string{"reaches 100", "18 Oct 04:00", "now 88"}},
		{Finding{Kind: Limit, Form: Approach, Was: 100, Now: 88, P10: on, P50: on + 3600}, []string{"perhaps much later"}},
		{Finding{Kind: Limit, Form: Approach, Was: 100, Now: 100}, []string{"is at its limit 100"}},
		{Finding{Kind: Limit, Form: Near, Was: 100, Now: 98}, []string{"next to nothing left", "limit 100", "now 98"}},
		{Finding{Kind: Limit, Form: Near, Was: 100, Now: 98, P10: on, P50: on}, []string{"within the hour, by", "18 Oct 03:00"}},
	} {
		got := text.Default().Render(text.English, time.UTC, c.f.Sentence("traffic on eth0"))
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%q does not say %q", got, want)
			}
		}
		if ja := text.Default().Render(text.Japanese, time.UTC, c.f.Sentence("eth0")); ja == got || strings.Contains(ja, "{") {
			t.Errorf("Japanese: %q", ja)
		}
	}
}

func TestStatesOfFindings(t *testing.T) {
	for want, f := range map[checks.State]Finding{
		checks.OK:       {Severity: 2, Ended: 5},
		checks.Warning:  {Severity: 1},
		checks.Critical: {Severity: 2},
	} {
		if got := f.State(); got != want {
			t.Errorf("%+v: %v, want %v", f, got, want)
		}
	}
}

func TestConfigurationFaultsAreAllTold(t *testing.T) {
	if c := DefaultConfig(); c.Validate() != nil {
		t.Error(c.Validate())
	}
	bad := Config{MinFree: 2, Critical: time.Hour, Only: []Kind{9}}
	err := bad.Validate()
	for _, want := range []string{"warn", "min_free", "only"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	for _, k := range []Kind{Surge, Drop, Pattern, Limit} {
		if got, err := ParseKind(k.String()); got != k || err != nil {
			t.Errorf("%v: %v, %v", k, got, err)
		}
	}
}
