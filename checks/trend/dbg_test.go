package trend

import (
	"fmt"
	"monitord/checks/trend/trendgen"
	"os"
	"testing"
	"time"
)

func TestDbg(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip("short")
	}
	day := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, 25).Add(10 * time.Hour)
	fam := os.Getenv("DBG")
	size := 3.0
	if os.Getenv("NEG") != "" {
		size = -3
	}
	p, _ := trendgen.Make(trendgen.Options{Family: fam, Seed: 100, Events: []trendgen.Event{{What: trendgen.Shift, At: day, Size: size}}})
	c := DefaultConfig()
	d, _ := New(c)
	for i, at := range p.Times {
		v := d.Observe(at, p.Values[i])
		if v.Kind != 0 {
			fmt.Println("##", at.Format("Jan 2 15:04"), d.Findings())
		}
		if at.After(day.Add(-20*time.Minute)) && at.Before(day.Add(26*time.Hour)) && i%6 == 0 {
			ch := d.s.Change
			ce, sp := d.s.Normal.now(d.week(at), d.s.Origin)
			fmt.Printf("%s %.1f c %.1f sp %.1f by %d err %.1f off %.1f eoff %.1f fast %.1f mid %.2f slow %.2f lvl %.2f bars %.2f %.2f %.2f %.2f busy %v u %.2f move %.2f/%.2f fill %d\n", at.Format("Jan 2 15:04"), p.Values[i], ce+d.s.Origin, sp, d.s.Normal.By, d.s.Normal.Err, d.s.Normal.Offset, d.s.Normal.ErrOff, ch.Z[2], ch.Mid, ch.Slow, ch.Level, d.bar(0), d.bar(2), d.bar(4), d.bar(6), d.s.busy(), d.usual(), ch.MoveFast, ch.Move, ch.Filling)
		}
	}
}
