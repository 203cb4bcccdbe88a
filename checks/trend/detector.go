package trend

import (
	"math"
	"time"
)

// Verdict is what is said of one value, without looking at later ones.
type Verdict struct {
	Score float64 // 0 to 1; one half is an alert for every series
	Kind  Kind    // of the finding that began, or changed its kind, with this value
	Known bool    // the value was judged: false while there is too little data
}

// Band is the normal range of a moment, for pictures.
type Band struct{ Low, Centre, High float64 }

// Detector judges one series. It is not for concurrent use, starts nothing and
// holds some 12 KB; make it with New.
type Detector struct {
	cfg  Config
	set  *setting // nil: oneSetting
	s    state
	at   int64 // time of the value that is being judged, Unix seconds
	news Kind  // what began, or changed its kind, with this value
	pace paces
}

// state is everything that a snapshot keeps: fixed size, no pointers.
type state struct {
	Origin       float64 // subtracted before anything is kept in 32 bits
	First, Last  int64   // Unix seconds
	N, Bad, Late int64
	Step         float64 // usual distance of two values in seconds
	Raw          float64 // the last value as it came
	Value        float64 // the last value judged
	Score        score
	Bucket       bucket
	Period       period
	Slots        slots
	Normal       normal
	Change       change
	Habit        habits
	Bar          [stats]float32 // what each statistic must exceed, as of the last slot
	Teeth        teeth
	NextID       uint32
	Findings     [maxFindings]Finding
	Today        int32
}

// New makes a detector that knows nothing yet.
func New(c Config) (*Detector, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return &Detector{cfg: c}, nil
}

const (
	tooLarge = 1e30
	forget   = 28 * 86400 // a gap after which nothing of the past holds
)

// Observe takes the value of a moment. Not a number, infinite and monstrous
// values are counted and left out. A value older than the last one mends the
// history of its hour and is not judged.
func (d *Detector) Observe(at time.Time, v float64) Verdict {
	s := &d.s
	if math.IsNaN(v) || math.Abs(v) > tooLarge {
		s.Bad++
		return Verdict{}
	}
	now := at.Unix()
	if s.N > 0 && now < s.Last {
		s.Late++
		if !d.cfg.Counter {
			s.Slots.late(now, v-s.Origin)
		}
		return Verdict{}
	}
	if s.N > 1 && now-s.Last > forget && float64(now-s.Last) > 12*s.Step {
		d.reset()
	}
	dt := float64(now - s.Last)
	raw := s.Raw
	s.Raw = v
	if d.cfg.Counter {
		first := s.N == 0 && s.Last == 0
		s.Last = now
		if first || v < raw || dt <= 0 {
			return Verdict{} // a start, a reset or no time between: no rate
		}
		v = (v - raw) / dt
	}
	return d.judge(at, now, dt, v)
}

// reset forgets all but the counts and the numbers of findings.
func (d *Detector) reset() {
	old := d.s
	d.s = state{Bad: old.Bad, Late: old.Late, NextID: old.NextID}
}

func (d *Detector) judge(at time.Time, now int64, dt, v float64) Verdict {
	s := &d.s
	if s.N == 0 {
		s.Origin, s.First = v, now
		s.Slots.Width, s.Slots.Open = 3600, floorDiv(now, 3600)
		dt = 0
	}
	s.N++
	d.at, d.news = now, NoKind
	d.step(dt)
	s.Last = now
	week := d.week(at)
	if gap := dt > 3*s.Step && dt > 3600; gap {
		if s.Bucket.N > 0 {
			d.closeBucket()
		}
		s.Score.Shapes.Seen = 0
		s.Change.pause()
	}
	rel := v - s.Origin
	hour := d.apart(week, rel)
	d.gather(now, week, rel)
	set := oneSetting()
	if d.set != nil {
		set = *d.set
	}
	e := s.Score.judge(&set, week, rel, s.Origin, hour)
	out := Verdict{Score: e.Score, Kind: d.news, Known: s.N > int64(set.Learn)}
	s.Value = v
	return out
}

// step learns the usual step. When steps are longer than an hour, so are slots.
func (d *Detector) step(dt float64) {
	s := &d.s
	if dt <= 0 {
		return
	}
	switch {
	case s.Step == 0:
		s.Step = dt
	case dt > s.Step:
		s.Step *= 1.05
		s.Step = min(s.Step, dt)
	default:
		s.Step = max(s.Step/1.05, dt)
	}
	if s.N == 2 && dt > 3600 {
		s.Slots = slots{Width: int64(dt), Open: floorDiv(s.Last, int64(dt))}
	}
}

// week is the second of the week, from Monday 00:00 in the series' zone.
func (d *Detector) week(at time.Time) int64 {
	unix := at.Unix()
	if d.cfg.Zone != nil {
		_, offset := at.In(d.cfg.Zone).Zone()
		unix += int64(offset)
	}
	return ((unix+3*86400)%604800 + 604800) % 604800 // 1 January 1970 was a Thursday
}

// apart is the distance from what is normal at this hour, in its spreads.
func (d *Detector) apart(week int64, rel float64) float64 {
	n := &d.s.Normal
	centre, spread := n.now(week, d.s.Origin)
	return clip((rel-centre)/(spread*n.doubt(week)), 1e4)
}

// named runs the detectors that make findings.
func (d *Detector) named(now, week int64, rel, dt float64) {
	s := &d.s
	age := now - s.First
	d.pace.set(dt)
	d.day(int32(floorDiv(now, 86400)))
	m := d.measure(now, week, rel, dt)
	rate := 1.0
	if s.find(Drop) != nil && d.zero(rel) {
		rate = abnormal // nothing is not normal
	} else if age < 7*86400 {
		rate = 1 // what is normal is not known yet
	} else if s.busy() {
		rate = abnormal
	} else if max(d.excess(m, 0), d.excess(m, 1)) > 0.5 {
		rate = doubtful
	}
	if d.Enough() {
		d.sudden(m)
	}
	d.frozen(m)
	d.variance(m)
	s.Normal.learn(week, rel, s.Origin, &d.pace, rate)
	d.tooth(now, rel)
	if s.Slots.add(now, rel) > 0 {
		d.bars()
		d.slot(now, week, age)
	}
}

// slot is what happens once in an hour (or step).
func (d *Detector) slot(now, week, age int64) {
	s := &d.s
	if appeared := !s.busy() && s.Normal.choose(now, age); appeared && d.Enough() && d.broad() {
		d.open(Finding{Kind: Pattern, Form: RhythmNew, Severity: 1, Period: s.Normal.period(), Onset: s.Normal.Since - 3*86400}, week)
	}
	if d.Enough() {
		d.filling()
		d.level(now, week, age)
		d.rhythm(now, week, age)
		d.periodic(now, week)
	}
	d.limit(now)
}

// day turns the page of the habits.
func (d *Detector) day(today int32) {
	s := &d.s
	if s.Today == today {
		return
	}
	if s.Last-s.First > 86400 {
		s.Habit.flush(s.Today)
	}
	s.Today, s.Habit.Max = today, [stats]float32{}
	d.bars()
	s.Habit.Skip = s.busy()
	if !s.Habit.Skip && s.Slots.Width == 3600 {
		d.seek()
	}
}

// Counts are the values taken, left out as no numbers, and too late to judge.
func (d *Detector) Counts() (judged, bad, late int64) { return d.s.N, d.s.Bad, d.s.Late }

// Enough tells whether named findings are possible yet: three days and a
// hundred values.
func (d *Detector) Enough() bool { return d.s.Last-d.s.First >= young && d.s.N >= 100 }

// Band is the normal range of a moment: four spreads to both sides.
func (d *Detector) Band(at time.Time) (Band, bool) {
	if !d.Enough() {
		return Band{}, false
	}
	c, sp := d.s.Normal.now(d.week(at), d.s.Origin)
	c += d.s.Origin
	return Band{Low: c - 4*sp, Centre: c, High: c + 4*sp}, true
}

// Findings lists what is open, and what ended last, oldest first.
func (d *Detector) Findings() []Finding {
	var out []Finding
	for _, f := range d.s.Findings {
		if f.ID != 0 {
			out = append(out, f)
		}
	}
	return out
}
