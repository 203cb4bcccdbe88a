package availability

import (
	"math/rand/v2"
	"testing"
	"time"

	"monitord/checks"
)

var base = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func at(d time.Duration) time.Time { return base.Add(d) }

func service(name string) checks.Service {
	s, err := checks.ParseService(name)
	if err != nil {
		panic(err)
	}
	return s
}

// history is one with marks at hours after base.
func history(marks ...any) History {
	var h History
	for i := 0; i < len(marks); i += 2 {
		h.Marks = append(h.Marks, Mark{at(time.Duration(marks[i].(float64) * float64(time.Hour))), marks[i+1].(Cond)})
	}
	return h
}

func hours(f, t float64) Span {
	return Span{at(time.Duration(f * float64(time.Hour))), at(time.Duration(t * float64(time.Hour)))}
}

func TestHalfAYearWithSeventyTwoHoursDownIs98356(t *testing.T) {
	// Six failures of 12 h each in 4380 h.
	h := history(0., Up)
	for i := range 6 {
		begin := 300 + 700*float64(i)
		h.Marks = append(h.Marks, history(begin, Down, begin+12, Up).Marks...)
	}
	f := h.Timeline().Figures(hours(0, 4380), Counted)
	if f.Up != 4308*time.Hour || f.Down != 72*time.Hour || f.Failures != 6 {
		t.Fatalf("%+v", f)
	}
	a, _ := f.Availability()
	mtbf, _ := f.MTBF()
	mttr, _ := f.MTTR()
	if mtbf != 718*time.Hour || mttr != 12*time.Hour {
		t.Errorf("MTBF %s, MTTR %s", mtbf, mttr)
	}
	for _, got := range []float64{a, float64(mtbf) / float64(mtbf+mttr)} {
		if got < 0.983561 || got > 0.983562 {
			t.Errorf("availability %v; want 0.98356", got)
		}
	}
	if got := Percent(a); got != "98.356 %" {
		t.Errorf("Percent = %q", got)
	}
}

func TestPercentIsNeverRoundedUp(t *testing.T) {
	for a, want := range map[float64]string{1: "100 %", 0.9025: "90.250 %", 0.9975: "99.750 %", 0.9999999: "99.999 %", 0: "0.000 %", 0.983561644: "98.356 %"} {
		if got := Percent(a); got != want {
			t.Errorf("Percent(%v) = %q; want %q", a, got, want)
		}
	}
}

func TestWhatIsNotKnownIsNamedAndLeftOut(t *testing.T) {
	h := history(10., Up, 20., Missed, 22., Up, 30., Unknown, 33., Up, 40., NoResult)
	h.Absent = []Span{hours(23, 24), hours(2, 3)} // the second: there is no result anyway
	h.Paused = []Span{hours(25, 29), hours(28, 31)}
	f := h.Timeline().Figures(hours(0, 50), Counted)
	want := Figures{Up: (10 + 1 + 1 + 2 + 5 + 2 + 0) * time.Hour, NoResult: 20 * time.Hour, Missed: 2 * time.Hour, Unknown: 2 * time.Hour, Absent: time.Hour, Paused: 6 * time.Hour}
	want.Up = 50*time.Hour - want.NotKnown()
	if f != want {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
	if _, ok := history().Timeline().Figures(hours(0, 5), Counted).Availability(); ok {
		t.Error("a service without any result has an availability")
	}
}

func TestAFailureIsOneAcrossWhatIsNotKnown(t *testing.T) {
	h := history(0., Up, 1., Down, 2., Missed, 3., Down, 4., Up, 5., Missed, 6., Down)
	f := h.Timeline().Figures(hours(0, 8), Counted)
	if f.Failures != 2 || f.Down != 4*time.Hour || f.Carried {
		t.Errorf("%+v", f)
	}
	f = h.Timeline().Figures(hours(3.5, 8), Counted)
	if f.Failures != 2 || !f.Carried {
		t.Errorf("from within a failure: %+v", f)
	}
	// The server stopped exactly at the beginning: the failure is no new one.
	h.Absent = []Span{hours(1, 1.5)}
	if f = h.Timeline().Figures(hours(1, 1.75), Counted); f.Failures != 1 || f.Carried {
		t.Errorf("%+v", f)
	}
}

func TestPlannedDowntimeIsCountedOrLeftOut(t *testing.T) {
	h := history(0., Up, 10., Down, 14., Up, 20., Down, 30., Up)
	h.Planned = []Span{hours(9, 15), hours(18, 25)}
	line := h.Timeline()
	for mode, want := range map[Mode]Figures{
		Counted:  {Up: 26 * time.Hour, Down: 14 * time.Hour, Failures: 2},
		Excluded: {Up: 22 * time.Hour, Down: 5 * time.Hour, Failures: 1, Planned: 13 * time.Hour},
	} {
		if got := line.Figures(hours(0, 40), mode); got != want {
			t.Errorf("%s: got %+v; want %+v", mode, got, want)
		}
	}
	// A failure that is left when its plan ends at the window's beginning begins there.
	if got := line.Figures(hours(25, 40), Excluded); got.Carried || got.Failures != 1 {
		t.Errorf("%+v", got)
	}
	if got := line.Figures(hours(25, 40), Counted); !got.Carried {
		t.Errorf("%+v", got)
	}
}

// randomHistory is made of whole seconds before limit.
func randomHistory(r *rand.Rand, limit int) History {
	var h History
	sec := func() time.Time { return at(time.Duration(r.IntN(limit+200)-100) * time.Second) }
	for range r.IntN(12) {
		h.Marks = append(h.Marks, Mark{sec(), []Cond{Up, Up, Down, Down, Unknown, Missed, NoResult}[r.IntN(7)]})
	}
	sortMarks(h.Marks)
	for _, list := range []*[]Span{&h.Planned, &h.Paused, &h.Absent} {
		for range r.IntN(4) {
			*list = append(*list, Span{sec(), sec()}) // some are empty
		}
	}
	return h
}

func sortMarks(list []Mark) {
	for i := range list {
		for j := i; j > 0 && list[j].At.Before(list[j-1].At); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

// slow is the simple-minded answer for one second.
func (h History) slow(t time.Time) Step {
	step := Step{Cond: NoResult}
	for _, m := range h.Marks {
		if !m.At.After(t) {
			step.Cond = m.Cond
		}
	}
	in := func(list []Span) bool {
		for _, s := range list {
			if !t.Before(s.From) && t.Before(s.To) {
				return true
			}
		}
		return false
	}
	if step.Cond != NoResult && in(h.Paused) {
		step.Cond = Paused
	}
	if step.Cond != NoResult && in(h.Absent) {
		step.Cond = Absent
	}
	step.Planned = in(h.Planned)
	return step
}

// slowFigures counts second by second.
func slowFigures(w Span, mode Mode, of func(time.Time) Step) Figures {
	var f Figures
	before := of(w.From.Add(-time.Second))
	carried := before.Cond == Down && !(before.Planned && mode == Excluded)
	open := false
	for t := w.From; t.Before(w.To); t = t.Add(time.Second) {
		s := of(t)
		out := s.Planned && mode == Excluded
		f.add(time.Second, s.Cond, out)
		if s.Cond == Up {
			open = false
		}
		if s.Cond == Down && !out && !open {
			open = true
			f.Failures++
			if t.Equal(w.From) {
				f.Carried = carried
			}
		}
	}
	return f
}

func TestFiguresAreThoseOfASecondBySecondSimulation(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 4))
	const limit = 400
	for round := range 400 {
		h := randomHistory(r, limit)
		line := h.Timeline()
		from := r.IntN(limit)
		w := Span{at(time.Duration(from) * time.Second), at(time.Duration(from+r.IntN(limit-from)) * time.Second)}
		for _, mode := range []Mode{Counted, Excluded} {
			got, want := line.Figures(w, mode), slowFigures(w, mode, h.slow)
			if got != want {
				t.Fatalf("round %d, %s\n%+v\n%v\ngot  %+v\nwant %+v", round, mode, h, w, got, want)
			}
			if sum := got.Up + got.Down + got.Planned + got.NotKnown(); sum != w.Len() {
				t.Fatalf("round %d: the parts are %s of %s", round, sum, w.Len())
			}
		}
	}
}

func TestMonthsAddUpToTheSpan(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		h := randomHistory(r, 400)
		line := h.Timeline()
		all, sum := line.Figures(Span{at(0), at(400 * time.Second)}, Excluded), Figures{}
		cut := time.Duration(r.IntN(400)) * time.Second
		for _, w := range []Span{{at(0), at(cut)}, {at(cut), at(400 * time.Second)}} {
			f := line.Figures(w, Excluded)
			sum.Up, sum.Down, sum.Planned, sum.Missed = sum.Up+f.Up, sum.Down+f.Down, sum.Planned+f.Planned, sum.Missed+f.Missed
			sum.Failures += f.Failures
		}
		if sum.Up != all.Up || sum.Down != all.Down || sum.Planned != all.Planned || sum.Missed != all.Missed || sum.Failures < all.Failures || sum.Failures > all.Failures+1 {
			t.Fatalf("%+v\ncut at %s: %+v\nwhole: %+v", h, cut, sum, all)
		}
	}
}
