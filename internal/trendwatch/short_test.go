package trendwatch

import (
	"strings"
	"testing"
	"time"

	"monitord/checks/trend"
	"monitord/internal/text"
)

// Every sentence of a finding has a short one, which no row cuts before its date.
func TestTheShortSentenceOfAFindingBeginsWithItsDate(t *testing.T) {
	at := func(days int) int64 { return time.Date(2026, 12, 20+days, 23, 50, 0, 0, time.UTC).Unix() }
	period := uint8(0) // hours
	f := func(kind trend.Kind, form trend.Form, p10, p50, p90 int64, en, ja string) {
		t.Helper()
		finding := trend.Finding{ID: 1, Kind: kind, Form: form, Severity: 1, Onset: at(0), Was: 2, Now: 4, P10: p10, P50: p50, P90: p90, Period: period}
		long := UnitRatio.units(finding.Sentence("gauge"))
		short := Short(long)
		if short.ID == long.ID {
			t.Errorf("%s has no short form", long.ID)
		}
		for lang, want := range map[text.Lang]string{text.English: en, text.Japanese: ja} {
			if got := text.Default().Render(lang, time.UTC, short); !strings.HasPrefix(got, want) || strings.Contains(got, "gauge") {
				t.Errorf("%s: %q, want it to begin with %q and not to name the series", short.ID, got, want)
			}
		}
	}
	for _, kind := range []trend.Kind{trend.Surge, trend.Drop} {
		for _, form := range []trend.Form{trend.Sudden, trend.Slide} {
			f(kind, form, 0, 0, 0, "Since Sun 20 Dec 23:50 ", "12月20日(日) 23:50 から")
		}
	}
	for _, period = range []uint8{24, 5, 0} {
		for form := trend.RhythmLost; form <= trend.Frozen; form++ {
			f(trend.Pattern, form, 0, 0, 0, "Since Sun 20 Dec 23:50 ", "12月20日(日) 23:50 から")
		}
	}
	f(trend.Limit, trend.Approach, at(1), at(2), at(3), "About Tue 22 Dec 23:50: at 200 %, now 400 %", "12月22日(火) 23:50 ごろ 200 % に到達見込み。")
	f(trend.Limit, trend.Approach, at(1), at(2), 0, "About Tue 22 Dec 23:50 or later: at 200 %", "12月22日(火) 23:50 以降に")
	f(trend.Limit, trend.Near, at(1), at(1), 0, "By Mon 21 Dec 23:50 ", "12月21日(月) 23:50 までに")
	f(trend.Limit, trend.Near, 0, 0, 0, "Next to nothing is left", "限界値 200 % まで余裕")
	f(trend.Limit, trend.Approach, 0, 0, 0, "At its limit 200 %", "限界値 200 % に")
	if other := text.M("trendwatch.over"); Short(other).ID != other.ID || Short(text.M("trend.too-little")).ID != "trend.too-little" {
		t.Error("what is no finding was changed")
	}
}

func TestAViewSaysWhatIsOpenInItsUnit(t *testing.T) {
	v := View{Findings: []trend.Finding{
		{ID: 1, Kind: trend.Pattern, Form: trend.RhythmLost, Ended: 7},
		{ID: 2, Kind: trend.Surge, Was: 1 << 20, Now: 3 << 20, Severity: 2},
		{ID: 3, Kind: trend.Pattern, Form: trend.Frozen, Now: 1 << 30, Severity: 1},
	}}
	v.Service.Item, v.Unit = "free swap", UnitBytes
	var got []string
	for _, m := range v.Sentences() {
		got = append(got, text.Default().Render(text.English, time.UTC, m))
	}
	if len(got) != 2 || !strings.Contains(got[0], "3 MiB instead of 1 MiB") || !strings.HasSuffix(got[1], "always 1 GiB") {
		t.Errorf("%q", got)
	}
}
