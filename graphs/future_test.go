package graphs

import (
	"image"
	"math"
	"strings"
	"testing"
	"time"
)

// filling is a disk that fills: values until now, a band, a cone, a limit with
// its date and an onset.
func filling(theme Theme, ja bool) Picture {
	end := sampleEnd()
	start, now := end.Add(-7*24*time.Hour), end
	p := Picture{
		Title: "web1  filesystem /var", Start: start, End: end.Add(3*24*time.Hour + 12*time.Hour), Now: now, Zone: tokyo, Unit: Percent, Max: 1, Theme: theme,
		Thresholds: []Threshold{{Value: 1, Label: "limit 100 % · Wed 25 Nov 06:00", Severe: true, At: end.Add(75 * time.Hour)}},
		Events:     []Event{{At: start.Add(30 * time.Hour), Kind: EventOnset, End: now, Name: "fills since"}},
	}
	if ja {
		p.Words = Words{Current: "現在", Min: "最小", Avg: "平均", Max: "最大", Normal: "通常の範囲", Forecast: "予測"}
		p.Thresholds[0].Label = "限界 100 % · 11月25日(水) 06:00"
	}
	var points []Point
	band, cone := Band{}, Cone{}
	for h := range 7 * 24 {
		at := start.Add(time.Duration(h) * time.Hour)
		v := 0.42 + 0.0022*float64(h) + 0.01*math.Sin(float64(h)/3.8)
		points = append(points, Point{at, v})
		band.Points = append(band.Points, RangePoint{at, 0.40 + 0.0017*float64(h), 0.43, 0.48 + 0.0017*float64(h)})
	}
	for h := range 85 {
		v, w := 0.79+0.0028*float64(h), 0.0012*float64(h)+0.004
		cone.Points = append(cone.Points, RangePoint{now.Add(time.Duration(h) * time.Hour), v - w, v, v + w})
	}
	p.Layers, p.Bands, p.Cones = []Layer{{Name: "filesystem /var", Points: points}}, []Band{band}, []Cone{cone}
	return p
}

func sheetOf(t *testing.T, p Picture) *sheet {
	t.Helper()
	fonts, err := p.fonts()
	if err != nil {
		t.Fatal(err)
	}
	return p.newSheet(&svgCanvas{fonts: fonts}, fonts, 656, 300)
}

func TestAForecastIsDrawnWithItsWordsAndTheFutureIsNoGap(t *testing.T) {
	p := filling(Light, false)
	s := svgOf(t, p, 656, 300)
	for _, want := range []string{"normal range", "forecast", "limit 100 % · Wed 25 Nov 06:00", "fills since"} {
		if !strings.Contains(s, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	d := sheetOf(t, p)
	if d.leftAxis.rng.Max != 1 {
		t.Errorf("the axis ends at %v", d.leftAxis.rng.Max)
	}
	known := image.Rect(int(d.x(p.Now))+4, int(d.plot.bottom)-60, int(d.plot.right), int(d.plot.bottom))
	hatch := schemeOf(Light).hatch
	if n := near(pngOf(t, p, 656, 300), known, hatch); n > 40 {
		t.Errorf("%d hatched pixels in the future", n)
	}
	p.Now = time.Time{}
	if n := near(pngOf(t, p, 656, 300), known, hatch); n < 200 {
		t.Errorf("%d hatched pixels without a now: the test shows nothing", n)
	}
}

func TestWhatIsFarOffDoesNotFlattenTheValues(t *testing.T) {
	p := filling(Light, false)
	p.Max, p.Thresholds = 0, nil
	p.Cones[0].Points[len(p.Cones[0].Points)-1].High = 1e9
	p.Bands[0].Points[3].Low = -1e9
	p.Bands[0].Points[9] = RangePoint{p.Bands[0].Points[9].At, math.NaN(), math.Inf(1), 1}
	d := sheetOf(t, p)
	if d.leftAxis.rng.Max > 2 || d.leftAxis.rng.Min < -1 {
		t.Errorf("the axis goes from %v to %v", d.leftAxis.rng.Min, d.leftAxis.rng.Max)
	}
	svgOf(t, p, 656, 300)
	p.Bands[0].Layer, p.Cones[0].Layer = 7, -1
	svgOf(t, p, 656, 300)
}

func TestDashesGoOnOverThePointsOfALine(t *testing.T) {
	var line []spot
	for x := range 101 { // points nearer to each other than a dash is long
		line = append(line, spot{float64(x), 7})
	}
	got := dashes(line, 3, 2)
	if len(got) != 20 {
		t.Fatalf("%d dashes on 100 px, want 20", len(got))
	}
	for i, d := range got {
		if from, to := d[0].x, d[len(d)-1].x; math.Abs(from-float64(5*i)) > 1e-9 || math.Abs(to-from-3) > 1e-9 {
			t.Errorf("dash %d from %v to %v", i, from, to)
		}
	}
	if dashes(line[:1], 3, 2) != nil {
		t.Error("dashes of a point")
	}
}

func TestALimitSaysWithinWhichTimeItIsReachedWhereThereIsRoom(t *testing.T) {
	p := filling(Light, false)
	p.Thresholds[0].More = "(Tue 24 Nov – Thu 26 Nov)"
	for width, want := range map[int]bool{656: true, 240: false} {
		s := svgOf(t, p, width, 300)
		if !strings.Contains(s, "Wed 25 Nov 06:00") {
			t.Errorf("%d px: the date is lost", width)
		}
		if strings.Contains(s, "Thu 26 Nov)") != want {
			t.Errorf("%d px: between is there: %v", width, !want)
		}
	}
}

func TestAnOnsetIsLabelledBesideItsFlagAndNotWhenItBeganBefore(t *testing.T) {
	p := filling(Light, false)
	p.Events[0].Label = "drop since 09:00"
	if !strings.Contains(svgOf(t, p, 656, 300), "drop since 09:00") {
		t.Error("no label")
	}
	p.Events[0].At = p.End.Add(-2 * time.Hour)
	if !strings.Contains(svgOf(t, p, 656, 300), "drop since 09:00") {
		t.Error("no label at the left of a flag near the right edge")
	}
	p.Events[0].At = p.Start.Add(-time.Hour)
	if strings.Contains(svgOf(t, p, 656, 300), "drop since 09:00") {
		t.Error("a flag of what began before the picture")
	}
}
