package timeperiod

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// at reads "2026-03-29 01:30" in a zone, with an offset behind it where the
// clock shows a time twice.
func at(t testing.TB, zone, s string) time.Time {
	t.Helper()
	layout := "2006-01-02 15:04:05"
	if strings.ContainsAny(s[10:], "+Z") {
		layout += " -0700"
	}
	when, err := time.ParseInLocation(layout, s, zoneOf(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func build(t testing.TB, zone string, defs map[string]*Definition) map[string]*Period {
	t.Helper()
	all, err := Build(defs, zoneOf(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestRulesHoldTheDaysThatTheyName(t *testing.T) {
	for _, c := range []struct {
		rule    string
		in, out string // dates, at noon
	}{
		{"monday 09:00-17:00", "2026-11-23", "2026-11-24"},
		{"2026-12-25 00:00-24:00", "2026-12-25", "2026-12-26 2027-12-25"},
		{"2026-12-29 - 2027-01-03 00:00-24:00", "2026-12-29 2026-12-31 2027-01-03", "2026-12-28 2027-01-04"},
		{"2026-01-01 / 3", "2026-01-01 2026-01-04 2027-01-02", "2026-01-02 2026-01-03 2025-12-29"},
		{"2026-01-01 - 2026-01-10 / 3", "2026-01-04 2026-01-10", "2026-01-02 2026-01-13"},
		{"july 4 00:00-24:00", "2026-07-04 2030-07-04", "2026-07-05"},
		{"february -1 00:00-24:00", "2026-02-28 2028-02-29", "2028-02-28"},
		{"december 28 - january 3", "2026-12-28 2027-01-03 2026-01-01", "2026-12-27 2027-01-04"},
		{"february 10 - 15", "2026-02-10 2026-02-15", "2026-02-16 2026-03-12"},
		{"day 1 - 15 / 5 00:00-24:00", "2026-11-01 2026-11-06 2026-11-11", "2026-11-02 2026-11-15 2026-11-16"},
		{"day -1", "2026-11-30 2026-02-28", "2026-11-29"},
		{"day 28 - day 2", "2026-11-30 2026-12-02 2026-11-28", "2026-12-03 2026-11-27"},
		{"day 20 - day -1", "2026-11-20 2026-11-30", "2026-11-19 2026-12-01"},
		{"day 25 - 31", "2026-11-30", "2026-12-01"},
		{"thursday 4 november", "2026-11-26", "2026-11-19 2026-12-24"},
		{"monday 1 january - friday 2 march", "2026-01-05 2026-03-13", "2026-01-04 2026-03-14"},
		{"monday -1 may", "2026-05-25", "2026-05-18"},
		{"tuesday -1 00:00-24:00", "2026-11-24 2026-12-29", "2026-11-17"},
		{"monday 3", "2026-11-16", "2026-11-23"},
		{"tuesday -1 - monday 1", "2026-11-24 2026-12-07 2026-12-01", "2026-12-08 2026-11-23"},
		{"thursday 2 - 4", "2026-11-12 2026-11-20 2026-11-26", "2026-11-11 2026-11-27"},
	} {
		r, err := ParseRule(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		p := New("p", time.UTC, []Rule{r})
		for date := range strings.FieldsSeq(c.in) {
			if !p.Contains(at(t, "UTC", date+" 12:00:00")) {
				t.Errorf("%s: does not hold %s", c.rule, date)
			}
		}
		for date := range strings.FieldsSeq(c.out) {
			if p.Contains(at(t, "UTC", date+" 12:00:00")) {
				t.Errorf("%s: holds %s", c.rule, date)
			}
		}
	}
}

func TestLinesThatMeanNothingAreRefused(t *testing.T) {
	for _, line := range []string{"", "monday 17:00-09:00", "moonday 00:00-24:00", "monday 00:00-24:01", "monday 00:60-01:00",
		"2026-02-30 00:00-24:00", "2026-12-31 - 2026-01-01", "day 0", "day 32", "monday 6", "january 1 - monday 3", "monday - friday 09:00-17:00", "day 1 / 0", "00:00-24:00"} {
		if r, err := ParseRule(line); err == nil {
			t.Errorf("%q was read as %+v", line, r)
		}
	}
}

func TestASpecialDayReplacesTheWeekday(t *testing.T) {
	p := build(t, "Asia/Tokyo", map[string]*Definition{"work": {Times: []string{"monday 09:00-12:00", "monday 13:00-17:00", "2026-11-23 10:00-11:00", "day 23 00:00-24:00"}}})["work"]
	for when, want := range map[string]bool{"2026-11-30 09:30:00": true, "2026-11-30 14:00:00": true, "2026-11-23 09:30:00": false, "2026-11-23 10:30:00": true} {
		if got := p.Contains(at(t, "Asia/Tokyo", when)); got != want {
			t.Errorf("%s: got %v", when, got)
		}
	}
}

func TestHolidaysAreDaysOfWhoExcludesThem(t *testing.T) {
	all := build(t, "UTC", map[string]*Definition{
		"holidays": {Times: []string{"january 1"}},
		"work":     {Zone: "Asia/Tokyo", Times: []string{"friday 09:00-17:00"}, Exclude: []string{"holidays"}},
	})
	if all["work"].Contains(at(t, "Asia/Tokyo", "2027-01-01 09:30:00")) {
		t.Error("1 January in Tokyo began at 15:00 UTC the day before: it is a holiday")
	}
	if next, ok := all["work"].Next(at(t, "Asia/Tokyo", "2026-12-31 10:00:00")); !ok || !next.Equal(at(t, "Asia/Tokyo", "2027-01-08 09:00:00")) {
		t.Errorf("next is %s, %v", next, ok)
	}
}

func TestWhatIsExcludedFromAnExclusionIsIn(t *testing.T) {
	all := build(t, "UTC", map[string]*Definition{
		"all":   {Times: []string{"monday 00:00-24:00"}, Exclude: []string{"night"}},
		"night": {Times: []string{"monday 00:00-06:00"}, Exclude: []string{"tea"}},
		"tea":   {Times: []string{"monday 03:00-04:00"}},
	})
	if next, ok := all["all"].Next(at(t, "UTC", "2026-11-23 01:00:00")); !ok || !next.Equal(at(t, "UTC", "2026-11-23 03:00:00")) {
		t.Errorf("next is %s, %v", next, ok)
	}
}

func TestFaultsOfPeriodsSayWhere(t *testing.T) {
	_, err := Build(map[string]*Definition{
		"a": {Exclude: []string{"b"}}, "b": {Exclude: []string{"a"}}, "c": {Zone: "Mars/Base", Times: []string{"exclude nothing", "moonday"}},
	}, time.UTC)
	for _, want := range []string{"periods.b.exclude[0]: periods exclude each other in a circle (a → b → a)", "periods.c.zone: unknown time zone", "periods.c.times[0]: unknown period", "periods.c.times[1]: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("fault lacks %q: %v", want, err)
		}
	}
}

// London: 2026-03-29 01:00 GMT becomes 02:00 BST, 2026-10-25 02:00 BST becomes 01:00 GMT.
func TestPeriodsThroughTheChangeOfClocks(t *testing.T) {
	p := build(t, "Europe/London", map[string]*Definition{"p": {Times: []string{"sunday 01:30-03:00"}}})["p"]
	for when, want := range map[string]bool{
		"2026-03-29 00:59:59 +0000": false, "2026-03-29 02:00:00 +0100": true, // 01:30 is left out: from the change on
		"2026-03-29 03:00:00 +0100": true, "2026-03-29 03:00:01 +0100": false,
		"2026-10-25 01:29:59 +0100": false, "2026-10-25 01:30:00 +0100": true, // the first 01:30
		"2026-10-25 01:00:00 +0000": true, "2026-10-25 03:00:00 +0000": true, "2026-10-25 03:00:01 +0000": false,
	} {
		if got := p.Contains(at(t, "Europe/London", when)); got != want {
			t.Errorf("%s: got %v", when, got)
		}
	}
	if next, _ := p.Next(at(t, "Europe/London", "2026-03-28 12:00:00")); next.UTC().Format("15:04 Jan 2") != "01:00 Mar 29" {
		t.Errorf("next is %s", next.UTC())
	}
}

// New York: 2026-03-08 02:00 EST becomes 03:00, 2026-11-01 02:00 EDT becomes 01:00.
func TestRecurrencesThroughTheChangeOfClocks(t *testing.T) {
	ny := zoneOf(t, "America/New_York")
	r, err := NewRecurrence(at(t, "America/New_York", "2026-01-04 01:30:00"), ny, "FREQ=WEEKLY;BYDAY=SU", 2*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	half, err := NewRecurrence(at(t, "America/New_York", "2026-01-01 02:30:00"), ny, "FREQ=DAILY", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r              *Recurrence
		ask, from, end string // UTC
	}{
		{r, "2026-03-01 06:30", "2026-03-01 06:30", "2026-03-01 08:30"}, // winter, 01:30 EST
		{r, "2026-03-08 00:00", "2026-03-08 06:30", "2026-03-08 08:30"}, // two real hours: until 04:30 EDT
		{r, "2026-03-09 00:00", "2026-03-15 05:30", "2026-03-15 07:30"}, // summer, 01:30 EDT
		{r, "2026-11-01 00:00", "2026-11-01 05:30", "2026-11-01 07:30"}, // the first 01:30
		{r, "2026-11-01 07:30", "2026-11-08 06:30", "2026-11-08 08:30"},
		{half, "2026-03-08 00:00", "2026-03-08 07:30", "2026-03-08 08:30"}, // 02:30 is left out: 03:30 EDT
		{half, "2026-03-08 08:30", "2026-03-09 06:30", "2026-03-09 07:30"},
	} {
		ask, err := time.Parse("2006-01-02 15:04", c.ask)
		if err != nil {
			t.Fatal(err)
		}
		from, to, ok := c.r.Occurrence(ask)
		if got := from.UTC().Format("2006-01-02 15:04"); !ok || got != c.from || to.UTC().Format("2006-01-02 15:04") != c.end {
			t.Errorf("at %s: got %s to %s, want %s to %s", c.ask, got, to.UTC(), c.from, c.end)
		}
	}
}

func TestRecurrencesEndAndAreBounded(t *testing.T) {
	r, err := NewRecurrence(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC, "FREQ=DAILY;COUNT=2", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, ok := r.Occurrence(time.Date(2026, 1, 2, 1, 0, 0, 0, time.UTC)); ok {
		t.Error("there are two occurrences only")
	}
	for _, bad := range []string{"FREQ=SECONDLY", "FREQ=MINUTELY", "", "hello", "FREQ=WEEKLY;BYDAY=XX"} {
		if _, err := NewRecurrence(time.Now(), time.UTC, bad, time.Hour); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
	if _, err := NewRecurrence(time.Now(), time.UTC, "FREQ=DAILY", 0); err == nil {
		t.Error("no duration was taken")
	}
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{"monday 00:00-24:00", "day 1 - 15 / 5 00:00-24:00", "2026-01-01 - 2026-02-01 / 3 00:00-01:15,03:15-22:00", "tuesday -1 - monday 1 may 16:30-24:00", "february -29"} {
		f.Add(s)
	}
	zone := zoneOf(f, "Europe/London")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseRule(s)
		if err != nil {
			return
		}
		p := New("p", zone, []Rule{r})
		from := time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)
		if next, ok := p.Next(from); ok && (next.Before(from) || !p.Contains(next)) {
			t.Errorf("%q: next is %s, which is not in it", s, next)
		}
	})
}

func FuzzRecurrence(f *testing.F) {
	for _, s := range []string{"FREQ=WEEKLY;BYDAY=SU", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;UNTIL=20260301T000000Z"} {
		f.Add(s)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		r, err := NewRecurrence(from, time.UTC, s, time.Hour)
		if err != nil {
			return
		}
		if a, b, ok := r.Occurrence(from); ok && (!b.After(from) || b.Sub(a) != time.Hour) {
			t.Errorf("%q: %s to %s", s, a, b)
		}
	})
}
