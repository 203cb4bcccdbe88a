package logwatch

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"monitord/internal/logkeep"
)

// run runs a watch until the test ends or stop is called.
func run(t *testing.T, w *Watch) (stop func()) {
	t.Helper()
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func (r *recorder) samples(name string) (out []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.steps {
		for _, one := range s.Samples {
			if one.Name == name {
				out = append(out, fmt.Sprintf("%s %s %v %g", one.Host, one.Rule, one.Labels, one.Value))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestNumbersOfLinesAreSamples(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		w := watch(t, "rules: [{name: slow, match: '(?<app>\\w+) took (\\d+)ms', samples: [{value: $2, unit: ms}]}]\n", &sink)
		stop := run(t, w)
		synctest.Wait()
		take(t, w, "a", "web took 1000ms", "web took 3000ms", "db took 500ms")
		for i := range maxSeries {
			take(t, w, "a", fmt.Sprintf("x%d took 1ms", i))
		}
		stop()
		got := sink.samples("monitord_log_value")
		if len(got) != maxSeries || got[0] != "a slow map[app:db] 0.5" || got[1] != "a slow map[app:web] 2" {
			t.Errorf("%d samples, the first are %q", len(got), got[:2])
		}
		if n := w.Stats(0).DroppedSamples; n != 2 {
			t.Errorf("%d numbers dropped", n)
		}
		if len(sink.entries()) != 0 {
			t.Errorf("a rule that measures filled the journal: %q", sink.entries())
		}
	})
}

func TestHitsAndCostsSurviveARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sink recorder
		w := watch(t, diskRules, &sink)
		stop := run(t, w)
		take(t, w, "a", "disk sda bad", "other")
		take(t, w, "b", "disk sda bad")
		stop()
		time.Sleep(24 * time.Hour)
		w = watch(t, diskRules, &sink)
		stop = run(t, w)
		take(t, w, "a", "disk sda bad")
		time.Sleep(20 * time.Second)
		synctest.Wait()
		s := w.Stats(0).Rules[0]
		if s.Total != 3 || s.Today != 1 || len(s.Days) != hitDays || s.Days[hitDays-2].Hits != 2 || s.Days[hitDays-1].Hits != 1 || s.Service != "disk" || s.Raised != 2 || s.Hits != 1 {
			t.Errorf("stats %+v", s)
		}
		stop()
		time.Sleep(hitDays * 24 * time.Hour)
		if s := w.Stats(0).Rules[0]; s.Total != 3 || s.Today != 0 || s.Days[0].Hits != 0 {
			t.Errorf("after two weeks %+v", s)
		}
		if got := sink.samples(MatchesSeries); !slices.Contains(got, `web1 disk (\w+) bad map[] 3`) {
			t.Errorf("counters %q", got[:min(3, len(got))])
		}
	})
}

func TestWholeLogsAreKeptBeforeTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	var sink recorder
	w := watch(t, "keep: {enabled: true, max_age: 24h}\n", &sink)
	stop := run(t, w)
	take(t, w, "a", "one", "two")
	var got []string
	_, err := logkeep.Grep(t.Context(), w.deps.Dir+"/"+KeptDir, logkeep.Query{Host: "a"}, func(f logkeep.Found) error {
		got = append(got, f.Line.File+": "+f.Line.Text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, "syslog: one", "syslog: two")
	stop()
	take(t, w, "a", "after the end") // of a sender that ends later than we
}
