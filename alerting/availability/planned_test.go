package availability

import (
	"strings"
	"testing"
	"time"

	"monitord/internal/timeperiod"
)

func TestADowntimeHoldsWhenItHeld(t *testing.T) {
	w := hours(0, 100)
	for name, c := range map[string]struct {
		d    Downtime
		want []Span
	}{
		"fixed":                     {Downtime{From: at(10 * time.Hour), To: at(12 * time.Hour)}, []Span{hours(10, 12)}},
		"not over":                  {Downtime{From: at(90 * time.Hour), To: at(120 * time.Hour)}, []Span{hours(90, 100)}},
		"ended a second late":       {Downtime{From: at(10 * time.Hour), To: at(12 * time.Hour), Ended: at(12*time.Hour + time.Second)}, []Span{hours(10, 12)}},
		"cancelled":                 {Downtime{From: at(10 * time.Hour), To: at(12 * time.Hour), Ended: at(11 * time.Hour)}, []Span{hours(10, 11)}},
		"cancelled before it began": {Downtime{From: at(10 * time.Hour), To: at(12 * time.Hour), Ended: at(9 * time.Hour)}, nil},
		"planned afterwards":        {Downtime{From: at(10 * time.Hour), To: at(12 * time.Hour), Created: at(11 * time.Hour)}, []Span{hours(11, 12)}},
		"flexible that never began": {Downtime{From: at(10 * time.Hour), To: at(20 * time.Hour), Duration: time.Hour}, nil},
		"flexible":                  {Downtime{From: at(10 * time.Hour), To: at(20 * time.Hour), Duration: 2 * time.Hour, Started: at(19 * time.Hour), Ended: at(21 * time.Hour)}, []Span{hours(19, 21)}},
		"each day": {Downtime{From: at(-48*time.Hour + 2*time.Hour), Duration: time.Hour, Rule: "FREQ=DAILY", Ended: at(52 * time.Hour)},
			[]Span{hours(2, 3), hours(26, 27), hours(50, 51)}},
		"each day until": {Downtime{From: at(-time.Hour), To: at(30 * time.Hour), Duration: 2 * time.Hour, Rule: "FREQ=DAILY"}, []Span{hours(0, 1), hours(23, 25)}},
	} {
		got, err := c.d.Spans(w, time.UTC)
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
			continue
		}
		for i := range got {
			if !got[i].From.Equal(c.want[i].From) || !got[i].To.Equal(c.want[i].To) {
				t.Errorf("%s: got %v; want %v", name, got[i], c.want[i])
			}
		}
	}
	d := Downtime{ID: 7, From: base, Duration: time.Hour, Rule: "FREQ=WEEKLY", Zone: "Nowhere/Else"}
	if _, err := d.Spans(w, time.UTC); err == nil || !strings.Contains(err.Error(), "downtime 7") {
		t.Errorf("an unknown zone: %v", err)
	}
}

func TestARecurringDowntimeFollowsTheClockOfItsZone(t *testing.T) {
	// Daily at 06:00 of Berlin: 04:00 UTC in summer, 05:00 in winter.
	z := zone(t, "Europe/Berlin")
	d := Downtime{From: time.Date(2026, 10, 24, 6, 0, 0, 0, z), Duration: time.Hour, Rule: "FREQ=DAILY", Zone: "Europe/Berlin"}
	w := Span{time.Date(2026, 10, 24, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 26, 0, 0, 0, 0, time.UTC)}
	got, err := d.Spans(w, time.UTC)
	if err != nil || len(got) != 2 || got[0].From.UTC().Hour() != 4 || got[1].From.UTC().Hour() != 5 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestADowntimeCoversWhatItWasPlannedFor(t *testing.T) {
	in := func(host, group string) bool { return host == "web1" && group == "tokyo" }
	for _, c := range []struct {
		d    Downtime
		s    string
		want bool
	}{
		{Downtime{Host: "web1"}, "web1/http", true},
		{Downtime{Host: "web2"}, "web1/http", false},
		{Downtime{Group: "tokyo"}, "web1/http", true},
		{Downtime{Group: "tokyo"}, "db1/sql", false},
		{Downtime{Service: service("web1/filesystem")}, "web1/filesystem[/var]", true},
		{Downtime{Service: service("web1/filesystem[/]")}, "web1/filesystem[/var]", false},
		{Downtime{Service: service("web1/filesystem[/var]")}, "web1/filesystem[/var]", true},
	} {
		if got := c.d.Covers(service(c.s), in); got != c.want {
			t.Errorf("%+v covers %s: %v", c.d, c.s, got)
		}
	}
}

func TestOutsideIsWhenACheckDoesNotRun(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	rule, err := timeperiod.ParseRule("sunday 09:00-17:00")
	if err != nil {
		t.Fatal(err)
	}
	p := timeperiod.New("sundays", z, []timeperiod.Rule{rule})
	// Sunday, 25 October 2026 has 25 hours; the period's 8 stay 8.
	w := Span{time.Date(2026, 10, 25, 0, 0, 30, 0, z), time.Date(2026, 10, 26, 0, 0, 0, 0, z)}
	got := Outside(w, p.Contains, p.Next)
	want := []Span{{w.From, time.Date(2026, 10, 25, 9, 0, 0, 0, z)}, {time.Date(2026, 10, 25, 17, 0, 0, 0, z), w.To}}
	if len(got) != 2 || !got[0].From.Equal(want[0].From) || !got[0].To.Equal(want[0].To) || !got[1].To.Equal(want[1].To) || got[1].From.Sub(want[1].From).Abs() > time.Minute {
		t.Errorf("got %v; want %v", got, want)
	}
	never := timeperiod.New("never", z, nil)
	if got := Outside(w, never.Contains, never.Next); len(got) != 1 || got[0] != w {
		t.Errorf("a period without rules: %v", got)
	}
	var always *timeperiod.Period
	if got := Outside(w, always.Contains, always.Next); got != nil {
		t.Errorf("no period: %v", got)
	}
}

func BenchmarkOutsideOfOfficeHoursInAYear(b *testing.B) {
	rule, err := timeperiod.ParseRule("monday 09:00-18:00")
	if err != nil {
		b.Fatal(err)
	}
	p := timeperiod.New("office", time.UTC, []timeperiod.Rule{rule})
	for b.Loop() {
		Outside(Span{base.AddDate(-1, 0, 0), base}, p.Contains, p.Next)
	}
}
