package trend

import (
	"time"

	"monitord/checks/trend/trendgen"
)

// suiteCase is an event of known kind, size and time, for some families.
type suiteCase struct {
	name     string
	families []string
	event    trendgen.Event
	kinds    []Kind        // what it may be called
	within   time.Duration // of its beginning
}

// eventDay is a Friday, three and a half weeks on, at ten.
func eventDay() time.Time { return time.Date(2026, 1, 30, 10, 0, 0, 0, time.UTC) }

func suiteCases() []suiteCase {
	smooth := []string{"daily", "weekly", "flat", "counter"}
	rhythmic := []string{"daily", "weekly", "count", "counter"}
	most := []string{"daily", "weekly", "flat", "count", "counter", "heavy"}
	last := func(d time.Duration) time.Time { return eventDay().Add(d) }
	return []suiteCase{
		{"surge 6 for an hour", smooth, trendgen.Event{What: trendgen.Surge, Until: last(time.Hour), Size: 6}, []Kind{Surge}, 2 * time.Hour},
		{"surge 10 for two hours", most, trendgen.Event{What: trendgen.Surge, Until: last(2 * time.Hour), Size: 10}, []Kind{Surge}, time.Hour},
		{"surge 4 for four hours", most, trendgen.Event{What: trendgen.Surge, Until: last(4 * time.Hour), Size: 4}, []Kind{Surge}, 4 * time.Hour},
		{"drop 8 for an hour", smooth, trendgen.Event{What: trendgen.Drop, Until: last(time.Hour), Size: 8}, []Kind{Drop}, 2 * time.Hour},
		{"nothing for two hours", smooth, trendgen.Event{What: trendgen.Zero, Until: last(2 * time.Hour)}, []Kind{Drop}, 30 * time.Minute},
		{"slide of 6 a day", []string{"daily", "weekly", "flat", "counter", "heavy"}, trendgen.Event{What: trendgen.Slide, Size: 6}, []Kind{Drop, Pattern}, 36 * time.Hour},
		{"level +3", most, trendgen.Event{What: trendgen.Shift, Size: 3}, []Kind{Surge, Pattern}, 24 * time.Hour},
		{"level -3", smooth, trendgen.Event{What: trendgen.Shift, Size: -3}, []Kind{Drop, Pattern}, 30 * time.Hour},
		{"level +2 on flat noise", []string{"flat"}, trendgen.Event{What: trendgen.Shift, Size: 2}, []Kind{Surge, Pattern}, 24 * time.Hour},
		{"level -2 on flat noise", []string{"flat"}, trendgen.Event{What: trendgen.Shift, Size: -2}, []Kind{Drop, Pattern}, 24 * time.Hour},
		{"five hours' rhythm ends", []string{"fivehour"}, trendgen.Event{What: trendgen.Flatten}, []Kind{Pattern, Surge}, 16 * time.Hour},
		{"five hours' rhythm moves", []string{"fivehour"}, trendgen.Event{What: trendgen.Phase, Size: 2}, []Kind{Pattern}, 16 * time.Hour},
		{"noise a quarter", smooth, trendgen.Event{What: trendgen.Variance, Size: 0.25}, []Kind{Pattern}, 24 * time.Hour},
		{"noise five times", []string{"daily", "weekly", "flat"}, trendgen.Event{What: trendgen.Variance, Size: 5}, []Kind{Pattern, Surge, Drop}, 24 * time.Hour},
		{"frozen", most, trendgen.Event{What: trendgen.Freeze}, []Kind{Pattern}, 2 * time.Hour},
		{"rhythm ends in the night", rhythmic, trendgen.Event{What: trendgen.Flatten, At: eventDay().Add(-7 * time.Hour)}, []Kind{Pattern}, 12 * time.Hour},
		{"rhythm six hours late", rhythmic, trendgen.Event{What: trendgen.Phase, Size: 6}, []Kind{Pattern, Drop}, 12 * time.Hour},
	}
}

// at is the event with its time.
func (c suiteCase) at() trendgen.Event {
	e := c.event
	if e.At.IsZero() {
		e.At = eventDay()
	}
	return e
}
