package graphs

import (
	"cmp"
	"fmt"
	"time"
)

// orEnglish fills words that were not given.
func (w Words) orEnglish() Words {
	w.Current = cmp.Or(w.Current, "current")
	w.Min = cmp.Or(w.Min, "min")
	w.Avg = cmp.Or(w.Avg, "avg")
	w.Max = cmp.Or(w.Max, "max")
	w.Right = cmp.Or(w.Right, "(right)")
	w.Normal = cmp.Or(w.Normal, "normal range")
	w.Forecast = cmp.Or(w.Forecast, "forecast")
	w.NoData = cmp.Or(w.NoData, "no data")
	return w
}

func (w Words) day(t time.Time) string {
	if w.Day != nil {
		return w.Day(t)
	}
	return t.Format("Mon 2 Jan")
}

func (w Words) month(t time.Time) string {
	if w.Month != nil {
		return w.Month(t)
	}
	return t.Format("Jan 2006")
}

// description tells a screen reader what is drawn: the period, and the last value and
// the range of each series.
func (p Picture) description() string {
	start, end := p.period()
	s := fmt.Sprintf("%s %s – %s", shorten(p.Subtitle, 200), start.Format("2006-01-02 15:04"), end.Format("2006-01-02 15:04 MST"))
	w := p.Words.orEnglish()
	for i, l := range p.Layers {
		if i == 20 {
			return s + "; …"
		}
		st := l.stats(start, end)
		u := p.unitOf(l)
		s += fmt.Sprintf("; %s: %s %s, %s %s, %s %s", shorten(l.Name, 60),
			w.Current, u.format(st.current), w.Min, u.format(st.min), w.Max, u.format(st.max))
	}
	return s
}
