package trend

import (
	"fmt"
	"testing"
	"time"

	"monitord/checks/trend/trendgen"
)

func TestNothingIsToldOfPeriodicTrafficAndItsLoad(t *testing.T) {
	p := trendgen.Periodic(1)
	if out, _ := watch(t, p.Series, DefaultConfig()); len(out) != 0 {
		t.Errorf("traffic: %+v", out)
	}
	p.Values = p.Mate
	if out, _ := watch(t, p.Series, DefaultConfig()); len(out) != 0 {
		t.Errorf("load: %+v", out)
	}
}

func TestALimitIsToldBeforeTheDiskIsFullAndNotAtTheCleanUp(t *testing.T) {
	p := trendgen.Disk(1)
	c := DefaultConfig()
	c.Limit = &p.Limit
	out, d := watch(t, p.Series, c)
	if len(out) != 1 || out[0].Kind != Limit {
		t.Fatalf("told %+v, want one limit", out)
	}
	ahead := p.Moment["full"].Sub(out[0].at)
	if ahead < 24*time.Hour || ahead > c.Warn+12*time.Hour {
		t.Errorf("told %v before the disk was full", ahead)
	}
	if f := d.Findings()[0]; f.Severity != 2 || !f.Open() {
		t.Errorf("at the end: %+v, want critical and open", f)
	}
	if f := out[0].Finding; f.P10 == 0 || f.P10 > f.P50 || f.P50 > f.P90 {
		t.Errorf("dates %d %d %d", f.P10, f.P50, f.P90)
	} else if miss := time.Unix(f.P50, 0).Sub(p.Moment["full"]).Abs(); miss > 12*time.Hour {
		t.Errorf("p50 misses by %v", miss)
	}
}

func TestABurstIsExactlyOneSurge(t *testing.T) {
	p := trendgen.Burst(1)
	out, d := watch(t, p.Series, DefaultConfig())
	if len(out) != 1 || out[0].Kind != Surge {
		t.Fatalf("told %+v, want one surge", out)
	}
	if late := out[0].at.Sub(p.Moment["begin"]); late < 0 || late > 20*time.Minute {
		t.Errorf("told %v after the burst began", late)
	}
	f := d.Findings()[0]
	if on := time.Unix(f.Onset, 0).Sub(p.Moment["begin"]).Abs(); on > 15*time.Minute {
		t.Errorf("onset misses by %v", on)
	}
	if f.Open() || f.Severity != 2 {
		t.Errorf("at the end: %+v, want critical and over", f)
	}
}

func TestASlideAndItsCollapseAreTwoStagesOfOneIncident(t *testing.T) {
	if fault := swapStages(t, 1); fault != "" {
		t.Error(fault)
	}
}

// swapStages says what is wrong with what is told of the free swap that slides and
// collapses; nothing when it is one slide, warned and then critical in time.
func swapStages(t *testing.T, seed uint64) string {
	p := trendgen.Swap(seed)
	c := DefaultConfig()
	c.Only = []Kind{Drop}
	d, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var warned, critical time.Time
	for i, at := range p.Times {
		d.Observe(at, p.Values[i])
		for _, f := range d.Findings() {
			if warned.IsZero() {
				warned = at
			}
			if f.Severity == 2 && critical.IsZero() {
				critical = at
			}
		}
	}
	if f := d.Findings(); len(f) != 1 || f[0].Kind != Drop || f[0].Form != Slide {
		return fmt.Sprintf("findings %+v, want one slide", f)
	}
	if late := warned.Sub(p.Moment["slide"]); late < 0 || late > 4*time.Hour {
		return fmt.Sprintf("warned %v after the slide began", late)
	}
	if late := critical.Sub(p.Moment["collapse"]); late < 0 || late > 15*time.Minute {
		return fmt.Sprintf("critical %v after the collapse", late)
	}
	return ""
}

func TestTheEndOfARhythmIsToldWithinTwelveHoursAndNothingBesideIt(t *testing.T) {
	for seed := range uint64(3) {
		p := trendgen.Ended(seed)
		out, _ := watch(t, p.Series, DefaultConfig())
		if len(out) != 1 || out[0].Form != RhythmLost {
			t.Fatalf("seed %d: told %+v, want one lost rhythm", seed, out)
		}
		if late := out[0].at.Sub(p.Moment["end"]); late < 0 || late > 12*time.Hour {
			t.Errorf("told %v after the end", late)
		}
		if on := time.Unix(out[0].Onset, 0).Sub(p.Moment["end"]).Abs(); on > 2*time.Hour {
			t.Errorf("onset misses by %v", on)
		}
		if change, ok := out[0].Change(); !ok || change > -0.8 {
			t.Errorf("level %v", change)
		}
	}
}
