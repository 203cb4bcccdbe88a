package dashboards

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"

	"monitord/checks"
	"monitord/collectors/snmp/poll"
	"monitord/graphs"
	"monitord/internal/inventory"
)

// promHouse is a house whose store is real: PromQL over samples that a test writes.
type promHouse struct {
	*house
	t       *testing.T
	storage *teststorage.TestStorage
	engine  *promql.Engine
}

func newPromHouse(t *testing.T, every time.Duration) *promHouse {
	t.Helper()
	p := parser.NewParser(parser.Options{})
	h := &promHouse{house: newHouse(), t: t, storage: teststorage.New(t), engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 10_000_000, Timeout: time.Minute, Parser: p})}
	t.Cleanup(func() { h.storage.Close(); h.engine.Close() })
	h.inv.Hosts = []inventory.Host{{Name: "sw1", Checks: []inventory.Check{{Host: "sw1", Name: "ports", Type: kindInterfaces, Interval: every}}}}
	h.series = func(string) []Series { return nil }
	return h
}

// pages are the house's, with the real store.
func (h *promHouse) pages() *Pages {
	p := h.house.pages(h.t)
	p.QueryRange = func(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]Series, error) {
		q, err := h.engine.NewRangeQuery(ctx, h.storage, nil, expr, from, to, step)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", expr, err)
		}
		defer q.Close()
		m, err := q.Exec(ctx).Matrix()
		var out []Series
		for _, s := range m {
			one := Series{Labels: s.Metric.Map()}
			for _, f := range s.Floats {
				one.Points = append(one.Points, graphs.Point{At: time.UnixMilli(f.T), Value: f.F})
			}
			out = append(out, one)
		}
		return out, err
	}
	p.Query = func(ctx context.Context, expr string, at time.Time) ([]checks.Point, error) {
		q, err := h.engine.NewInstantQuery(ctx, h.storage, nil, expr, at)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", expr, err)
		}
		defer q.Close()
		vec, err := q.Exec(ctx).Vector()
		var out []checks.Point
		for _, s := range vec {
			out = append(out, checks.Point{Labels: s.Metric.Map(), At: at, Value: s.F})
		}
		return out, err
	}
	return p
}

// write stores one sample for each poll in [from, to), counted back from start, in
// hours; value may leave one out with NaN.
func (h *promHouse) write(metric, name, index string, every, from, to time.Duration, value func(at time.Duration) float64) {
	h.t.Helper()
	app := h.storage.Appender(h.t.Context())
	lset := labels.FromStrings("__name__", metric, "host", "sw1", "instance", "sw1", "job", "snmp", "ifName", name, "ifDescr", name, "ifIndex", index, "ifAlias", "up")
	for at := from; at < to; at += every {
		if v := value(at); !math.IsNaN(v) {
			if _, err := app.Append(0, lset, start.Add(at-to).Add(-7*time.Second).UnixMilli(), v); err != nil {
				h.t.Fatal(err)
			}
		}
	}
	if err := app.Commit(); err != nil {
		h.t.Fatal(err)
	}
}

// steady is a counter that grows by 1000 a second.
func steady(at time.Duration) float64 { return 1e12 + 1000*at.Seconds() }

func (h *promHouse) draw(name string, span time.Duration) *graphs.Picture {
	h.t.Helper()
	p := h.pages()
	a := &asker{ctx: h.t.Context(), p: p, host: "sw1"}
	n, ok := a.findInterface(name)
	if !ok || a.err != nil {
		h.t.Fatalf("interface %q is not found: %v", name, a.err)
	}
	pic := a.interfacePicture(n, span, rateUnit{bytes: true}, func(id string) string { return id })
	if a.err != nil {
		h.t.Fatal(a.err)
	}
	return pic
}

// steadyAt fails when a point differs from want by more than a fiftieth.
func steadyAt(t *testing.T, points []graphs.Point, want float64) {
	t.Helper()
	for _, p := range points {
		if math.Abs(p.Value-want) > want/50 {
			t.Errorf("%s: %g, want %g", p.At.Format(time.TimeOnly), p.Value, want)
		}
	}
}

func TestTrafficIsTheRateForFastAndSlowPolls(t *testing.T) {
	for _, every := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute} {
		t.Run(every.String(), func(t *testing.T) {
			h := newPromHouse(t, every)
			h.write("ifHCInOctets", "Gi1/0/1", "1", every, 0, 10*time.Hour, steady)
			spans := []time.Duration{3 * time.Hour, day}
			if every == time.Minute {
				spans = append(spans, 7*day, 366*day)
			}
			for _, span := range spans {
				in := h.draw("Gi1/0/1", span).Layers[0]
				least := map[time.Duration]int{3 * time.Hour: int(3*time.Hour/max(every, 25*time.Second)) - 2, day: 115, 7 * day: 19, longestSpan: 1}[span]
				if len(in.Points) < least {
					t.Errorf("%s: %d points, want at least %d", span, len(in.Points), least)
				}
				steadyAt(t, in.Points, 1000)
				if f := in.Figures; math.Abs(f.Avg-1000) > 20 || math.Abs(f.Max-1000) > 20 || math.Abs(f.Current-1000) > 20 {
					t.Errorf("%s: figures %+v, want 1000 each", span, *f)
				}
			}
		})
	}
}

func TestAResetARestartAndAGapAreNeverAPeak(t *testing.T) {
	if resetMarks != poll.ResetMetric {
		t.Errorf("%s is read, %s is written", resetMarks, poll.ResetMetric)
	}
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute} {
		for name, began := range map[string]float64{"from zero": 0, "from anywhere": 9e11, "far ahead": 9e12} {
			t.Run(every.String()+" "+name, func(t *testing.T) {
				h := newPromHouse(t, every)
				h.write(resetMarks, "eth0", "2", every, 0, 10*time.Hour, func(at time.Duration) float64 {
					if at == 4*time.Hour && began > 1e12 { // the others show it themselves
						return 1
					}
					return math.NaN()
				})
				h.write("ifHCInOctets", "eth0", "2", every, 0, 10*time.Hour, func(at time.Duration) float64 {
					switch {
					case at >= 6*time.Hour && at < 7*time.Hour:
						return math.NaN() // nothing was heard for an hour
					case at >= 4*time.Hour:
						return began + 1000*(at-4*time.Hour).Seconds()
					}
					return steady(at)
				})
				in := h.draw("eth0", day).Layers[0]
				for _, p := range in.Points {
					if p.Value > 1020 || p.Value < 980 {
						t.Errorf("%s: %g", p.At.Format(time.TimeOnly), p.Value)
					}
				}
				gaps := 0
				for i := range in.Points[1:] {
					if d := in.Points[i+1].At.Sub(in.Points[i].At); d > fiveMinutes+fiveMinutes/2 {
						gaps++
					}
				}
				if gaps != 2 {
					t.Errorf("%d gaps, want one at the reset and one where nothing was heard", gaps)
				}
			})
		}
	}
}

func TestARenumberedInterfaceIsOneLineCountedOnce(t *testing.T) {
	for _, every := range []time.Duration{time.Minute, 5 * time.Minute} {
		h := newPromHouse(t, every)
		old := func(at time.Duration) float64 {
			if at >= 5*time.Hour {
				return math.NaN()
			}
			return steady(at)
		}
		now := func(at time.Duration) float64 {
			if at < 5*time.Hour {
				return math.NaN()
			}
			return steady(at)
		}
		h.write("ifHCInOctets", "eth0", "2", every, 0, 10*time.Hour, old)
		h.write("ifHCInOctets", "eth0", "17", every, 0, 10*time.Hour, now)
		in := h.draw("eth0", day).Layers[0]
		if len(in.Points) < 112 {
			t.Errorf("%s: %d points, want both numbers' times in one line", every, len(in.Points))
		}
		for _, p := range in.Points {
			if p.Value > 1020 || p.Value < 980 {
				t.Errorf("%s: %s: %g, want about 1000", every, p.At.Format(time.TimeOnly), p.Value)
			}
		}
	}
}

func TestWideCountersGoBeforeNarrowOnes(t *testing.T) {
	h := newPromHouse(t, time.Minute)
	h.write("ifHCInOctets", "eth0", "1", time.Minute, 0, 3*time.Hour, steady)
	h.write("ifInOctets", "eth0", "1", time.Minute, 0, 3*time.Hour, func(at time.Duration) float64 { return 5 * at.Seconds() })
	h.write("ifInOctets", "old", "2", time.Minute, 0, 3*time.Hour, func(at time.Duration) float64 { return 5 * at.Seconds() })
	steadyAt(t, h.draw("eth0", day).Layers[0].Points, 1000)
	steadyAt(t, h.draw("old", day).Layers[0].Points, 5)
}

func TestInterfacesAreFoundByEveryKindOfName(t *testing.T) {
	h := newPromHouse(t, time.Minute)
	odd := `南棟/a "b" \ #7 [50%]`
	h.write("ifHCInOctets", odd, "7", time.Minute, 0, time.Hour, steady)
	h.write("ifHCInOctets", "eth0", "3", time.Minute, 0, time.Hour, steady)
	h.write("ifHCInOctets", "eth0", "4", time.Minute, 0, time.Hour, func(at time.Duration) float64 { return 7000 * at.Seconds() })
	h.write("ifHCInOctets", "", "9", time.Minute, 0, time.Hour, steady)
	for name, want := range map[string]float64{odd: 1000, "eth0 #3": 1000, "eth0 #4": 7000, "9": 1000} {
		out := h.draw(name, day).Layers[0]
		if len(out.Points) == 0 {
			t.Errorf("%q: no points", name)
		}
		steadyAt(t, out.Points, want)
	}
	p := h.pages()
	h.service("sw1/ports["+strings.ReplaceAll(odd, "]", "")+"]", checks.OK, time.Hour)
	for _, path := range []string{"/hosts/sw1/interfaces/" + url.PathEscape(odd), "/graph/sw1/" + url.PathEscape("net-"+odd) + ".png?range=7d&unit=bytes", "/graph/sw1/" + url.PathEscape("net-"+odd) + ".svg"} {
		if code, _ := get(t, p, path); code != 200 {
			t.Errorf("%s answers %d", path, code)
		}
	}
	if code, _ := get(t, p, "/hosts/sw1/interfaces/nothing"); code != 404 {
		t.Errorf("an interface that is not there answers %d", code)
	}
}

func TestNamesAreSortedNaturally(t *testing.T) {
	for _, c := range [][2]string{{"Gi1/0/2", "Gi1/0/10"}, {"Gi1/0/10", "Gi2/0/1"}, {"Gi1", "Gi1.5"}, {"eth9", "eth10"}, {"a", "b"}, {"port 007", "port 8"}, {"Fa0/1", "Gi0/1"}} {
		if naturally(c[0], c[1]) >= 0 || naturally(c[1], c[0]) <= 0 || naturally(c[0], c[0]) != 0 {
			t.Errorf("%q is not before %q", c[0], c[1])
		}
	}
}

func TestStepsAreThoseOfMRTG(t *testing.T) {
	for span, want := range map[time.Duration]time.Duration{day: fiveMinutes, 7 * day: 30 * time.Minute, 31 * day: 2 * time.Hour, 366 * day: day} {
		if _, step, _ := (cadence{time.Minute}).stepsOf(span); step != want {
			t.Errorf("%s has steps of %s, want %s", span, step, want)
		}
	}
}

// Traffic that comes in one minute of five is counted once, whichever minute it is.
func TestEachOctetIsInOneAverage(t *testing.T) {
	for minute := range 5 {
		h := newPromHouse(t, time.Minute)
		h.write("ifHCInOctets", "eth0", "1", time.Minute, 0, 10*time.Hour, func(at time.Duration) float64 {
			return 1e12 + 300_000*math.Floor((at+time.Duration(minute)*time.Minute).Minutes()/5)
		})
		in := h.draw("eth0", day).Layers[0]
		if f := in.Figures; math.Abs(f.Avg-1000) > 10 || math.Abs(f.Max-1000) > 10 || len(in.Points) < 115 {
			t.Errorf("minute %d: %d points, %+v; want 1000 each", minute, len(in.Points), *f)
		}
	}
}

// Polls that fall on the full minute, some a moment early and some late: an average
// is of four minutes then, never of one, and the mean is what went through.
func TestEarlyAndLatePollsMakeNoPeak(t *testing.T) {
	h := newPromHouse(t, time.Minute)
	app := h.storage.Appender(t.Context())
	lset := labels.FromStrings("__name__", "ifHCInOctets", "host", "sw1", "ifName", "eth0", "ifDescr", "eth0", "ifIndex", "1")
	begin := start.Truncate(fiveMinutes).Add(-10 * time.Hour)
	for i := range 10*60 + 1 {
		jitter := time.Duration(i*i*131%500-250) * time.Millisecond
		if _, err := app.Append(0, lset, begin.Add(time.Duration(i)*time.Minute+jitter).UnixMilli(), 1e12+300_000*float64((i+1)/5)); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Commit(); err != nil {
		t.Fatal(err)
	}
	in := h.draw("eth0", day).Layers[0]
	for _, p := range in.Points {
		if p.Value > 1260 {
			t.Errorf("%s: %g, want the average of at least four minutes", p.At.Format(time.TimeOnly), p.Value)
		}
	}
	if len(in.Points) < 100 || in.Figures.Max > 1260 || math.Abs(in.Figures.Avg-1000) > 30 {
		t.Errorf("%d points, %+v", len(in.Points), *in.Figures)
	}
}

func TestASmallShareIsNotNothing(t *testing.T) {
	for share, want := range map[float64]string{0: "0 %", 0.0001: "< 0.1 %", 0.0006: "0.1 %", 0.023: "2.3 %", 0.41: "41 %"} {
		if got := shareWord(share); got != want {
			t.Errorf("%g: %q, want %q", share, got, want)
		}
	}
}

// A device that was found a minute ago has a picture and a current value.
func TestANewDeviceIsSeenAtItsSecondPoll(t *testing.T) {
	h := newPromHouse(t, time.Minute)
	h.write("ifHCInOctets", "eth0", "1", time.Minute, 0, 2*time.Minute, steady)
	h.write("ifHCOutOctets", "eth0", "1", time.Minute, 0, 2*time.Minute, steady)
	for _, span := range []time.Duration{3 * time.Hour, day, 7 * day, longestSpan} {
		for _, l := range h.draw("eth0", span).Layers {
			if len(l.Points) == 0 || math.Abs(l.Figures.Current-1000) > 20 {
				t.Errorf("%s: %s: %v, %+v", span, l.Name, l.Points, l.Figures)
			}
		}
	}
}

func TestPicturesAreKeptNoLongerThanTheirLegendIsTrue(t *testing.T) {
	full := &graphs.Picture{Layers: []graphs.Layer{{}, {Points: []graphs.Point{{}}}}}
	for step, want := range map[time.Duration]time.Duration{25 * time.Second: 25 * time.Second, fiveMinutes: fiveMinutes, day: fiveMinutes} {
		if got := keptFor(step, full); got != want {
			t.Errorf("steps of %s: %s, want %s", step, got, want)
		}
	}
	if got := keptFor(day, &graphs.Picture{Layers: []graphs.Layer{{}}}); got != fineEnd {
		t.Errorf("a picture without data is kept for %s, want %s", got, fineEnd)
	}
}
