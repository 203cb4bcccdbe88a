package text_test

import (
	"strings"
	"testing"
	"time"

	"monitord/internal/text"
)

func TestADateIsKeptTogether(t *testing.T) {
	for day := range 7 {
		at := time.Date(2026, 11, 28+day, 3, 0, 0, 0, time.UTC)
		date, clock, _ := strings.Cut(text.FormatTime(text.Japanese, at), " ")
		got := text.KeepDates("は " + date + " " + clock + " ごろ、" + date + "から")
		if want := strings.Join(strings.Split(date, ""), "\u2060"); got != "は "+want+" "+clock+" ごろ、"+want+"から" {
			t.Errorf("%q", got)
		}
		if again := text.KeepDates(got); again != got {
			t.Errorf("twice: %q", again)
		}
	}
	if got := text.KeepDates("2027年1月21日(木)"); strings.Count(got, "\u2060") != len([]rune("2027年1月21日(木)"))-1 {
		t.Errorf("%q", got)
	}
	for _, other := range []string{"", "Tue 1 Dec 03:00", "月曜日", "1月", "月日(火)", "12月1日"} {
		if got := text.KeepDates(other); got != other {
			t.Errorf("%q became %q", other, got)
		}
	}
}
