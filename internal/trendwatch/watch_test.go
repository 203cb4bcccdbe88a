package trendwatch

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"monitord/checks"
	"monitord/checks/trend/trendgen"
)

func gauge(host string) labels.Labels { return labels.FromStrings("__name__", "g", "host", host) }

// upTo cuts a picture.
func upTo(s trendgen.Series, at time.Time) ([]time.Time, []float64) {
	for i, t := range s.Times {
		if t.After(at) {
			return s.Times[:i], s.Values[:i]
		}
	}
	return s.Times, s.Values
}

func TestADiskIsLearnedFromTheStoreAndItsLimitToldInWordsWithUnits(t *testing.T) {
	p := trendgen.Disk(1)
	full := p.Moment["full"]
	l := newLab(t, full.Add(-30*time.Hour), DefaultConfig())
	size, avail := labels.FromStrings("__name__", "node_filesystem_size_bytes", "device", "/dev/sda1", "fstype", "ext4", "mountpoint", "/var", "host", "web1"),
		labels.FromStrings("__name__", "node_filesystem_avail_bytes", "device", "/dev/sda1", "fstype", "ext4", "mountpoint", "/var", "host", "web1")
	times, values := upTo(p.Series, l.now)
	var sizes, free []float64
	for _, v := range values {
		sizes, free = append(sizes, 1e12), append(free, 1e12*(1-v/100))
	}
	l.storeBoth(size, avail, times, sizes, free)
	l.settle()
	if len(l.told) != 1 {
		t.Fatalf("told %d times: %v", len(l.told), l.told)
	}
	got := l.told[0]
	if s := says(got); got.Host != "web1" || got.Result.Item != "filesystem /var" || !strings.HasPrefix(s, "WARNING filesystem /var reaches 100 % at about ") {
		t.Errorf("told %s %s: %s", got.Host, got.Result.Item, s)
	}
	if got.Result.Evidence != nil {
		t.Errorf("nobody said this, and it is in no language: %s", got.Result.Evidence)
	}
	c := l.w.Capacity()
	if len(c.Limits) != 1 || c.Limits[0].P50.Sub(full).Abs() > 15*time.Hour || c.Limits[0].OrderBy() != c.Limits[0].P10.Add(-30*day) {
		t.Errorf("capacity %+v, full at %v", c.Limits, full)
	}
	l.settle()
	if len(l.told) != 1 {
		t.Errorf("told again without news: %s", says(l.told[1]))
	}
}

func TestALimitOfAnExpressionIsFollowed(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := newLab(t, now, one(RuleConfig{Name: "r", Expr: "g", Limit: "max by (host) (top)"}))
	var times []time.Time
	var values, tops []float64
	for i := range 5 * 288 {
		times = append(times, now.Add(time.Duration(i-5*288)*5*time.Minute))
		values, tops = append(values, 40+float64(i)/100), append(tops, 100)
	}
	l.storeBoth(gauge("a"), labels.FromStrings("__name__", "top", "host", "a"), times, values, tops)
	l.settle()
	if got := l.w.Capacity().Limits; len(got) != 1 || got[0].Limit != 100 || got[0].Reached {
		t.Fatalf("%+v", got)
	}
	l.store(labels.FromStrings("__name__", "top", "host", "a"), []time.Time{now.Add(4 * time.Minute)}, []float64{50})
	l.store(gauge("a"), []time.Time{now.Add(4 * time.Minute)}, []float64{54.4})
	l.until(now.Add(70 * time.Minute))
	if got := l.w.Capacity().Limits; len(got) != 1 || got[0].Limit != 50 || !got[0].Reached {
		t.Errorf("after the limit fell: %+v", got)
	}
}

func TestARestartForgetsNothingAndAKillIsCaughtUp(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	p := trendgen.Burst(1)
	begin := p.Moment["begin"]
	l := newLab(t, begin.Add(-40*time.Minute), c)
	times, values := upTo(p.Series, begin.Add(9*time.Hour))
	keep, more := upTo(p.Series, l.now)
	l.store(gauge("a"), keep, more)
	l.settle()
	l.w.saveAll()
	for i, stop := range []time.Duration{-20 * time.Minute, 25 * time.Minute, time.Hour, 9 * time.Hour} {
		known, _ := upTo(p.Series, l.now)
		to, _ := upTo(p.Series, begin.Add(stop))
		l.now = begin.Add(stop)
		l.store(gauge("a"), times[len(known):len(to)], values[len(known):len(to)])
		if i == 2 {
			l.w.saveAll() // an orderly end; the others are kills
		}
		l.start(c)
		l.settle()
		l.until(l.now.Add(2 * time.Minute))
	}
	e := l.entry("a", "gauge")
	last := e.rule.at(e.last)
	times, values = upTo(p.Series, last)
	// The store is asked each five minutes, at the rule's own minute.
	for i := range times {
		times[i] = e.rule.at(e.rule.stepOf(times[i].Add(5*time.Minute - time.Second)))
	}
	if want := direct(t, e.rule, times, values); l.snapshot(e) != l.snapshot(&entry{detector: want}) {
		n, bad, late := e.detector.Counts()
		m, _, _ := want.Counts()
		t.Errorf("after four restarts another state than without one: %d values (%d bad, %d late), want %d", n, bad, late, m)
	}
	var words []string
	for _, r := range l.told {
		// A start tells what is open again, so that its sentence is the newest.
		if word := strings.Fields(says(r))[0]; len(words) == 0 || words[len(words)-1] != word {
			words = append(words, word)
		}
	}
	if got := strings.Join(words, " "); got != "CRITICAL OK" && got != "WARNING CRITICAL OK" {
		t.Errorf("told %s", got)
	}
}

func TestWhatComesLateIsSeenInItsOrder(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	s, err := trendgen.Make(trendgen.Options{Family: "daily", Seed: 3, Days: 6})
	if err != nil {
		t.Fatal(err)
	}
	cut := s.Times[5*288]
	l := newLab(t, cut, c)
	times, values := upTo(s, cut)
	l.store(gauge("a"), times, values)
	l.settle()
	// The probe is cut off for five hours; its spool then comes, newest value first.
	back := cut.Add(5 * time.Hour)
	l.until(back)
	all, numbers := upTo(s, back)
	at := len(all) - 1
	l.store(gauge("a"), all[at:], numbers[at:])
	l.until(back.Add(time.Minute))
	for i := at - 1; i >= len(times); i -= 7 {
		from := max(len(times), i-6)
		l.store(gauge("a"), all[from:i+1], numbers[from:i+1])
	}
	l.until(back.Add(4 * time.Minute))
	e := l.entry("a", "gauge")
	judged, _, late := e.detector.Counts()
	if late != 0 || judged < int64(len(all))-1 {
		t.Errorf("%d of %d values judged, %d of them late", judged, len(all), late)
	}
	// One value is missing, and comes two hours later.
	next, numbers2 := upTo(s, back.Add(4*time.Hour))
	hole := len(all) + 5
	for i := len(all); i < len(next); i++ {
		if i == hole || i == hole+1 {
			continue
		}
		if i == hole+24 {
			l.until(next[i])
			l.store(gauge("a"), next[hole:hole+1], numbers2[hole:hole+1])
		}
		l.until(next[i])
		l.store(gauge("a"), next[i:i+1], numbers2[i:i+1])
		l.until(next[i].Add(2 * time.Minute))
	}
	if _, _, late := e.detector.Counts(); late != 1 {
		t.Errorf("%d late values, want the one", late)
	}
}

func TestACounterIsJudgedByItsOwnMomentsAndAResetIsNoDrop(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := newLab(t, now, DefaultConfig())
	series := labels.FromStrings("__name__", "node_network_receive_bytes_total", "device", "eth0", "host", "a")
	var times []time.Time
	var values []float64
	total := 0.0
	for i := range 8 * 1440 {
		// A sample a minute, up to 20 s off, 1000 bytes a second; a reboot on the fifth day.
		at := now.Add(time.Duration(i-8*1440)*time.Minute + time.Duration(i*7919%20000)*time.Millisecond)
		if len(times) > 0 {
			total += 1000 * at.Sub(times[len(times)-1]).Seconds()
		}
		if i == 5*1440 {
			total = 0
		}
		times, values = append(times, at), append(values, total)
	}
	l.store(series, times, values)
	l.settle()
	e := l.entry("a", "eth0 in")
	if math.Abs(e.now-1000) > 1 {
		t.Errorf("the rate is %v, want 1000", e.now)
	}
	if judged, _, _ := e.detector.Counts(); judged < 8*288-5 {
		t.Errorf("%d rates judged", judged)
	}
	if len(l.told) != 0 {
		t.Errorf("told %s", says(l.told[0]))
	}
}

func TestAHostThatIsAwayIsNoFinding(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	s, err := trendgen.Make(trendgen.Options{Family: "daily", Seed: 5, Days: 12})
	if err != nil {
		t.Fatal(err)
	}
	gone := s.Times[10*288]
	l := newLab(t, gone, c)
	times, values := upTo(s, gone)
	l.store(gauge("a"), times, values)
	l.settle()
	l.down["a"] = true
	l.until(gone.Add(3 * time.Hour))
	// It comes back with values that nobody ever saw, and is DOWN for ten minutes more.
	back := l.now
	for i := range 12 {
		at := back.Add(time.Duration(i) * 5 * time.Minute)
		l.store(gauge("a"), []time.Time{at}, []float64{1e6})
		l.until(at.Add(4 * time.Minute))
		if at.Sub(back) > 10*time.Minute {
			l.down["a"] = false
		}
		if at.Sub(back) < restless && len(l.told) > 0 {
			t.Fatalf("told after %v: %s", at.Sub(back), says(l.told[0]))
		}
	}
	if len(l.told) == 0 || !strings.Contains(says(l.told[0]), "far above its normal") {
		t.Fatalf("what lasts was not told: %v", l.told)
	}
	// It is silent as a whole: what was told stays, since no value is no recovery.
	n := len(l.told)
	l.now = l.now.Add(25 * time.Hour)
	l.w.sweep(t.Context())
	l.down["a"] = true
	l.w.sweep(t.Context())
	if len(l.told) != n {
		t.Errorf("silence was told: %s", says(l.told[n]))
	}
	// The host is there and sends others: this one is gone, and nothing is claimed of it any more.
	l.down["a"] = false
	l.store(labels.FromStrings("__name__", "g", "host", "a", "other", "1"), []time.Time{l.now}, []float64{1})
	l.until(l.now.Add(10 * time.Minute))
	l.w.sweep(t.Context())
	if last := l.told[len(l.told)-1]; last.Result.State != checks.OK || !strings.Contains(says(last), "no values any more") {
		t.Errorf("told %s", says(last))
	}
}

func TestTooManySeriesAreCountedAndTheFirstOnesStay(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge {n}"})
	c.MaxSeries = 30
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := newLab(t, now, c)
	for i := range 50 {
		l.store(labels.FromStrings("__name__", "g", "host", "h", "n", string(rune('A'+i))), []time.Time{now.Add(-time.Minute)}, []float64{1})
	}
	l.until(now.Add(4 * time.Minute))
	if got := l.w.Capacity(); got.Series != 30 || got.Left != 20 {
		t.Errorf("%d judged and %d left, want 30 and 20", got.Series, got.Left)
	}
}

func TestTwoSeriesOfOneNameAreToldApart(t *testing.T) {
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	l := newLab(t, now, one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"}))
	for _, n := range []string{"1", "2"} {
		l.store(labels.FromStrings("__name__", "g", "host", "h", "n", n), []time.Time{now.Add(-time.Minute)}, []float64{1})
	}
	l.until(now.Add(4 * time.Minute))
	if got := len(l.w.book.names); got != 2 {
		t.Errorf("judged: %v", l.items())
	}
}

func TestAnotherRuleKeepsWhatStaysAndEndsWhatGoes(t *testing.T) {
	c := one(RuleConfig{Name: "r", Expr: "g", Item: "gauge"})
	p := trendgen.Burst(1)
	l := newLab(t, p.Moment["begin"].Add(40*time.Minute), c)
	times, values := upTo(p.Series, l.now)
	l.store(gauge("a"), times, values)
	l.settle()
	if len(l.told) != 1 {
		t.Fatalf("told %v", l.told)
	}
	before := l.snapshot(l.entry("a", "gauge"))
	c.Rules[0].Kinds = nil
	c.Rules[0].Warn = 96 * time.Hour
	l.w.swap(t.Context(), l.compile(c))
	if l.snapshot(l.entry("a", "gauge")) != before || len(l.told) != 1 {
		t.Error("another threshold made it forget, or told something")
	}
	l.w.swap(t.Context(), l.compile(one(RuleConfig{Name: "other", Expr: "h"})))
	if len(l.w.book.names) != 0 || len(l.told) != 2 || l.told[1].Result.State != checks.OK {
		t.Errorf("the rule is gone: %d series, told %v", len(l.w.book.names), l.told)
	}
}
