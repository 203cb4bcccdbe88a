package availability

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of these tests exist on every machine
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestAMonthIsAsLongAsItsClockMakesIt(t *testing.T) {
	for _, c := range []struct {
		zone, month string
		hours       float64
	}{
		{"Asia/Tokyo", "2026-03", 744}, {"Europe/Berlin", "2026-03", 743}, {"Europe/Berlin", "2026-10", 745},
		{"America/New_York", "2026-11", 721}, {"Australia/Lord_Howe", "2026-04", 720.5}, {"Asia/Tokyo", "2028-02", 696},
	} {
		z := zone(t, c.zone)
		w, err := ParseSpan(c.month, "", "", time.Date(2030, 1, 1, 0, 0, 0, 0, z), z)
		if err != nil || w.Len().Hours() != c.hours {
			t.Errorf("%s in %s is %v h, %v; want %v h", c.month, c.zone, w.Len().Hours(), err, c.hours)
		}
		h := History{Marks: []Mark{{w.From.Add(-time.Hour), Up}, {w.To.Add(-time.Hour), Down}}}
		if f := h.Timeline().Figures(w, Counted); f.Down != time.Hour || f.Up != w.Len()-time.Hour {
			t.Errorf("%s in %s: %+v", c.month, c.zone, f)
		}
	}
}

func TestMonthsLeaveNoGap(t *testing.T) {
	// In Asuncion the clocks went forward at midnight of 1 October 2017: that
	// day has no midnight.
	for _, name := range []string{"Europe/Berlin", "America/Asuncion", "Asia/Tokyo", "Africa/Cairo"} {
		z := zone(t, name)
		w := Span{time.Date(2016, 5, 17, 3, 4, 5, 0, z), time.Date(2018, 12, 1, 0, 0, 0, 0, z)}
		list := Months(w, z)
		if len(list) != 31 || list[0].Name != "2016-05" || list[30].Name != "2018-11" {
			t.Errorf("%s: %d months, %v", name, len(list), list)
		}
		end := w.From
		for _, m := range list {
			if !m.From.Equal(end) || m.Empty() {
				t.Errorf("%s: %s begins at %s; want %s", name, m.Name, m.From, end)
			}
			end = m.To
		}
		if !end.Equal(w.To) {
			t.Errorf("%s ends at %s", name, end)
		}
	}
	if list := Months(Span{base, base}, time.UTC); list != nil {
		t.Errorf("an empty span has months: %v", list)
	}
}

func TestParseSpanReadsWhatPeopleWrite(t *testing.T) {
	z := zone(t, "Asia/Tokyo")
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, z)
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, z) }
	for _, c := range []struct {
		month, since, until string
		want                Span
	}{
		{"", "", "", Span{day(11, 1), now}},
		{"2026-10", "", "", Span{day(10, 1), day(11, 1)}},
		{"2026-11", "", "", Span{day(11, 1), now}},
		{"", "2026-09-05", "", Span{day(9, 5), now}},
		{"", "2026-09", "2026-10-02 06:00", Span{day(9, 1), day(10, 2).Add(6 * time.Hour)}},
		{"", "", "2026-11-01", Span{day(10, 1), day(11, 1)}},
		{"", "2026-11-01T00:00:00Z", "2027-01-01", Span{day(11, 1).Add(9 * time.Hour), now}},
	} {
		got, err := ParseSpan(c.month, c.since, c.until, now, z)
		if err != nil || !got.From.Equal(c.want.From) || !got.To.Equal(c.want.To) {
			t.Errorf("%+v: got %v, %v", c, got, err)
		}
	}
	for _, c := range [][4]string{
		{"2026-13", "", "", "2026-11"}, {"2026-11", "2026-11-01", "", "one of them"}, {"2026-12", "", "", "lies ahead"},
		{"", "yesterday", "", "since: got"}, {"", "", "x", "until: got"}, {"", "2026-11-02", "2026-11-01", "ends before"}, {"", "1999-01-01", "", "five years"},
	} {
		if _, err := ParseSpan(c[0], c[1], c[2], now, z); err == nil || !strings.Contains(err.Error(), c[3]) {
			t.Errorf("%v: got %v; want %q", c, err, c[3])
		}
	}
	if w, err := ParseSpan("", "", "", day(11, 1), z); err != nil || w.Len() != 0 {
		t.Errorf("in the first moment of a month: %v, %v", w, err)
	}
}

func FuzzParseSpan(f *testing.F) {
	f.Add("2026-11", "", "")
	f.Add("", "2026-11-01", "2026-11-02T00:00:00+09:00")
	f.Fuzz(func(t *testing.T, month, since, until string) {
		w, err := ParseSpan(month, since, until, base.Add(80*time.Hour), time.UTC)
		if err != nil {
			return
		}
		list := Months(w, time.UTC)
		if len(list) > MaxMonths {
			t.Errorf("%d months", len(list))
		}
		var sum time.Duration
		for _, m := range list {
			sum += m.Len()
		}
		if sum != w.Len() {
			t.Errorf("months are %s of %s", sum, w.Len())
		}
	})
}
