package dashboards

import (
	"context"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// composed is the picture of a host's name from made-up series.
func composed(t *testing.T, name string, span time.Duration, series func(expr string) []Series) (*graphs.Picture, []string) {
	t.Helper()
	h := newHouse()
	h.series = series
	p := h.pages(t)
	q := pictureRequest{span: span, v: &view{p: p, Now: start, Zone: time.UTC, Lang: text.English}}
	a := q.asker(context.Background(), `db"1`)
	pic := p.compose(a, name, q.word)
	if pic == nil || a.err != nil {
		t.Fatalf("no picture: %v", a.err)
	}
	return pic, h.asked
}

func flat(value float64, labels ...string) Series {
	s := Series{Labels: map[string]string{}, Points: wave(3, value, 10*time.Second)}
	for i := 0; i+1 < len(labels); i += 2 {
		s.Labels[labels[i]] = labels[i+1]
	}
	return s
}

func layer(t *testing.T, pic *graphs.Picture, name string) graphs.Layer {
	t.Helper()
	for _, l := range pic.Layers {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no layer %q", name)
	return graphs.Layer{}
}

func wantValue(t *testing.T, pic *graphs.Picture, name string, want float64) {
	t.Helper()
	l := layer(t, pic, name)
	if len(l.Points) != 3 {
		t.Fatalf("%s has %d points, want 3", name, len(l.Points))
	}
	if got := l.Points[0].Value; math.Abs(got-want) > 1e-9 {
		t.Errorf("%s = %v, want %v", name, got, want)
	}
}

// sar -u: shares of all time, system with both kinds of interrupt, user with nice.
func TestCPUIsTheShareOfAllTimeAsSarCountsIt(t *testing.T) {
	pic, asked := composed(t, "cpu", 15*time.Minute, func(string) []Series {
		return []Series{flat(4, "mode", "idle"), flat(2, "mode", "user"), flat(.5, "mode", "nice"), flat(.5, "mode", "system"), flat(.25, "mode", "irq"), flat(.25, "mode", "softirq"), flat(.5, "mode", "iowait")}
	})
	wantValue(t, pic, "user", 2.5/8)
	wantValue(t, pic, "system", 1.0/8)
	wantValue(t, pic, "I/O wait", .5/8)
	if !strings.Contains(asked[0], `host="db\"1"`) {
		t.Errorf("the host's name is not quoted in %s", asked[0])
	}
	if !strings.Contains(asked[0], "irate(") {
		t.Errorf("%s: a short range must take the last two samples, or the first minute is wrong", asked[0])
	}
	_, asked = composed(t, "cpu", 7*day, func(string) []Series { return nil })
	if !strings.Contains(asked[0], " (rate(") && !strings.Contains(asked[0], "(rate(") {
		t.Errorf("%s: a long range must average", asked[0])
	}
}

// sar -d: await is the time of all requests by their number; no request, no wait.
func TestTheWaitOfNoRequestIsZero(t *testing.T) {
	pic, _ := composed(t, "io", 15*time.Minute, func(expr string) []Series {
		switch {
		case strings.Contains(expr, "reads_completed"):
			return []Series{flat(3)}
		case strings.Contains(expr, "writes_completed"):
			return []Series{flat(1)}
		}
		return []Series{flat(.01)}
	})
	wantValue(t, pic, "wait", .02/4)
	pic, _ = composed(t, "io", 15*time.Minute, func(string) []Series { return []Series{flat(0)} })
	wantValue(t, pic, "wait", 0)
}

// sar -r 12.6: used = total - free - buffers - cached - slab.
func TestMemoryUsedLeavesOutBuffersCacheAndSlab(t *testing.T) {
	values := map[string]float64{"MemTotal": 100, "MemFree": 10, "Buffers": 5, "Cached": 30, "Slab": 7, "SwapTotal": 50, "SwapFree": 20}
	pic, _ := composed(t, "memory", 15*time.Minute, func(expr string) []Series {
		for name, v := range values {
			if strings.Contains(expr, "_"+name+"_") {
				return []Series{flat(v)}
			}
		}
		return nil
	})
	wantValue(t, pic, "used", 48)
	wantValue(t, pic, "cache", 37)
	wantValue(t, pic, "swap", 30)
	if pic.Max != 100 {
		t.Errorf("the axis ends at %v, want the machine's 100", pic.Max)
	}
}

func TestTheFirstFifteenSecondsAlreadyDraw(t *testing.T) {
	if step := stepOf(15 * time.Minute); step > 5*time.Second {
		t.Errorf("points are %v apart: fifteen seconds would hold less than three", step)
	}
	if stepOf(7*day) < 20*time.Minute {
		t.Error("a week asks for more points than its picture can show")
	}
}

func TestThresholdsOfLoadAreTimesTheCores(t *testing.T) {
	h := newHouse()
	s := h.service("db1/load", checks.OK, time.Hour)
	s.Perf = []checks.Perf{{Label: "load", Value: .1, Warn: &checks.Range{End: 1.5}, Crit: &checks.Range{End: 3}}}
	h.points = func(string, time.Time) []checks.Point { return []checks.Point{{Value: 8}} }
	var drawn *graphs.Picture
	p := h.pages(t)
	p.Draw = func(_ io.Writer, pic *graphs.Picture, _ string, w, height int) error {
		drawn = pic
		if w != 320 || height != 200 {
			t.Errorf("size %d × %d, want 320 × 200", w, height)
		}
		return nil
	}
	if code, _ := get(t, p, "/graph/db1/load.png?size=320x200&theme=dark&lang=ja&range=24h"); code != 200 {
		t.Fatalf("status %d", code)
	}
	if len(drawn.Thresholds) != 2 || drawn.Thresholds[0].Value != 12 || drawn.Thresholds[1].Value != 24 || !drawn.Thresholds[1].Severe {
		t.Errorf("thresholds %+v, want 12 and 24", drawn.Thresholds)
	}
	if drawn.Theme != graphs.Dark || drawn.Words.Avg != "平均" {
		t.Errorf("theme %v, words %v", drawn.Theme, drawn.Words)
	}
}

func TestAHistoryBarShowsShortFaultsAndWhatIsNotKnown(t *testing.T) {
	slots := make([]int, barSlots)
	since := start.Add(-day)
	paint(slots, []alerting.Marker{{At: since.Add(6 * time.Hour), State: checks.OK}, {At: since.Add(12 * time.Hour), State: checks.Critical}, {At: since.Add(12*time.Hour + 10*time.Second), State: checks.OK}}, since)
	v := &view{p: newHouse().pages(t), Lang: text.English, Zone: time.UTC}
	b := v.bar(slots)
	var classes []string
	for _, part := range b.Parts {
		classes = append(classes, part.Class)
	}
	if got := strings.Join(classes, " "); got != "none is-ok is-critical is-ok" {
		t.Errorf("bar is %q", got)
	}
	if b.Label != "CRITICAL 5 min, OK 17 h 55 min, no data for the rest" {
		t.Errorf("the bar says %q", b.Label)
	}
}

func TestASparklineNeverBridgesAGap(t *testing.T) {
	at := func(min int, v float64) graphs.Point {
		return graphs.Point{At: start.Add(time.Duration(min) * time.Minute), Value: v}
	}
	s := sparkline([]graphs.Point{at(0, 1), at(1, 2), at(2, math.NaN()), at(3, 1), at(20, 2), at(21, 1)}, start, start.Add(30*time.Minute))
	if n := strings.Count(s.Path, "M"); n != 3 {
		t.Errorf("%s has %d pieces, want 3", s.Path, n)
	}
	if strings.Contains(s.Path, "NaN") {
		t.Errorf("%s", s.Path)
	}
}
