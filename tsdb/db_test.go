package tsdb

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	value2 "github.com/prometheus/prometheus/model/value"
)

func TestAppendedSamplesAreFoundAlsoAfterAReopen(t *testing.T) {
	opts := testOptions(t.TempDir())
	at := now()
	db, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Append(context.Background(), []Sample{{metric("__name__", "node_load1", "host", "web1"), at.UnixMilli(), 0.25}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// The same registry: Close must have given the names back.
	db = openTest(t, opts)
	s, err := db.Query(context.Background(), "node_load1", at)
	if err != nil || len(s) != 1 || s[0].Labels["host"] != "web1" || s[0].Points[0].Value != 0.25 {
		t.Fatalf("got %v, %v", s, err)
	}
	s, err = db.QueryRange(context.Background(), "node_load1", at, at.Add(time.Minute), 30*time.Second)
	if err != nil || len(s) != 1 || len(s[0].Points) != 3 || !s[0].Points[1].At.Equal(at.Add(30*time.Second)) {
		t.Fatalf("range: got %v, %v", s, err)
	}
}

func TestWhatCannotBeStoredIsReportedAndTheRestIsStored(t *testing.T) {
	at := now()
	newest := Sample{metric("__name__", "m", "host", "h"), at.UnixMilli(), 1}
	for name, c := range map[string]struct {
		bad    Sample
		want   error
		reason Reason
	}{
		"ahead":     {Sample{metric("__name__", "m", "host", "h"), at.Add(MaxAhead + time.Millisecond).UnixMilli(), 1}, ErrTooFarAhead, ReasonAhead},
		"far ahead": {Sample{metric("__name__", "m", "host", "h"), math.MaxInt64, 1}, ErrTooFarAhead, ReasonAhead},
		"too old":   {Sample{metric("__name__", "m", "host", "h"), at.Add(-26 * time.Hour).UnixMilli(), 1}, ErrTooOld, ReasonTooOld},
		"far past":  {Sample{metric("__name__", "m", "host", "h"), math.MinInt64, 1}, ErrTooOld, ReasonTooOld},
		"other":     {Sample{metric("__name__", "m", "host", "h"), at.UnixMilli(), 2}, ErrDuplicate, ReasonDuplicate},
		"no name":   {Sample{metric("host", "h"), at.UnixMilli(), 2}, ErrInvalid, ReasonInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			opts := testOptions(t.TempDir())
			opts.Now = func() time.Time { return at }
			db := openTest(t, opts)
			if err := db.Append(context.Background(), []Sample{newest}); err != nil {
				t.Fatal(err)
			}
			err := db.Append(context.Background(), []Sample{c.bad, {metric("__name__", "good"), at.UnixMilli(), 7}})
			refused, ok := errors.AsType[*RefusedError](err)
			if !ok || !errors.Is(err, c.want) || refused.Counts[c.reason] != 1 || len(refused.Counts) != 1 {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if n := testutil.ToFloat64(db.metrics.refused.WithLabelValues(string(c.reason))); n != 1 {
				t.Errorf("counted %v, want 1", n)
			}
			if v, ok := value(t, db, "good", at); !ok || v != 7 {
				t.Errorf("the good one of the batch: %v, %v", v, ok)
			}
			if v, ok := value(t, db, "m", at); !ok || v != 1 {
				t.Errorf("the older one: %v, %v", v, ok)
			}
		})
	}
}

func TestLateSamplesAreStoredInTheirPlaceAndARepeatIsNothing(t *testing.T) {
	at := now()
	opts := testOptions(t.TempDir())
	db := openTest(t, opts)
	m := metric("__name__", "m")
	late := at.Add(-24 * time.Hour)
	batch := []Sample{{m, late.UnixMilli(), 1}, {m, late.Add(time.Minute).UnixMilli(), 2}, {m, at.Add(-time.Minute).UnixMilli(), 3}}
	for range 3 { // the sender did not hear the answer
		for _, s := range [][]Sample{{{m, at.UnixMilli(), 4}}, batch} {
			if err := db.Append(context.Background(), s); err != nil {
				t.Fatal(err)
			}
		}
	}
	if v, _ := value(t, db, "count_over_time(m[25h])", at); v != 4 {
		t.Errorf("%v samples, want 4", v)
	}
	if v, _ := value(t, db, "m", late.Add(30*time.Second)); v != 1 {
		t.Errorf("a day ago: %v, want 1", v)
	}
}

func TestAStaleMarkerEndsASeries(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	m := metric("__name__", "m")
	if err := db.Append(context.Background(), []Sample{{m, at.Add(-time.Minute).UnixMilli(), 1}, {m, at.UnixMilli(), math.Float64frombits(value2.StaleNaN)}}); err != nil {
		t.Fatal(err)
	}
	if _, ok := value(t, db, "m", at.Add(-time.Second)); !ok {
		t.Error("no value before the marker")
	}
	if v, ok := value(t, db, "m", at.Add(time.Second)); ok {
		t.Errorf("value %v after the marker", v)
	}
}

func TestASecondServerIsToldWhoHasTheDirectory(t *testing.T) {
	opts := testOptions(t.TempDir())
	openTest(t, opts)
	opts.Registerer = prometheus.NewRegistry()
	if db, err := Open(opts); !errors.Is(err, ErrLocked) {
		t.Fatalf("got %v, %v", db, err)
	}
}

func TestBelowTheLimitNothingIsStoredAndQueriesGoOn(t *testing.T) {
	at := now()
	opts := testOptions(t.TempDir())
	free := uint64(1 << 40)
	var mu sync.Mutex
	set := func(n uint64) { mu.Lock(); free = n; mu.Unlock() }
	opts.FreeSpace = func(string) (uint64, error) { mu.Lock(); defer mu.Unlock(); return free, nil }
	db := openTest(t, opts)
	m := metric("__name__", "m")
	if err := db.Append(context.Background(), []Sample{{m, at.UnixMilli(), 1}}); err != nil {
		t.Fatal(err)
	}
	set(opts.MinFreeBytes - 1)
	if err := db.Append(context.Background(), []Sample{{m, at.Add(-time.Hour).UnixMilli(), 1}}); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if v, _ := value(t, db, "count_over_time(m[2h])", at); v != 1 {
		t.Errorf("%v samples, want 1", v)
	}
	set(opts.MinFreeBytes)
	if err := db.Append(context.Background(), []Sample{{m, at.Add(-time.Hour).UnixMilli(), 1}}); err != nil {
		t.Fatal(err)
	}
}

func TestOpenOnAFullDiskSaysSoAndTouchesNothing(t *testing.T) {
	opts := testOptions(t.TempDir())
	opts.FreeSpace = func(string) (uint64, error) { return 100, nil }
	if _, err := Open(opts); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v, want ErrFull", err)
	}
	if _, err := os.Stat(filepath.Join(opts.Dir, "wal")); err == nil {
		t.Error("a log was made")
	}
}

func TestAHostWhoseClockIsAheadIsNamedOncePerBatch(t *testing.T) {
	at := now()
	opts := testOptions(t.TempDir())
	opts.Now = func() time.Time { return at }
	got := map[string]time.Duration{}
	calls := 0
	opts.OnClock = func(host string, ahead time.Duration) { got[host] = ahead; calls++ }
	db := openTest(t, opts)
	var batch []Sample
	for i := range 5 {
		batch = append(batch, Sample{metric("__name__", "m", "host", "web1"), at.Add(time.Duration(i+1) * time.Hour).UnixMilli(), 1})
	}
	if err := db.Append(context.Background(), batch); !errors.Is(err, ErrTooFarAhead) {
		t.Fatal(err)
	}
	if calls != 1 || got["web1"] != 5*time.Hour {
		t.Errorf("got %v in %d calls", got, calls)
	}
}

func TestManyAppendersAndReadersAtOnce(t *testing.T) {
	at := now()
	db := openTest(t, testOptions(t.TempDir()))
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			m := metric("__name__", "m", "w", string(rune('a'+w)))
			for i := range 50 {
				if err := db.Append(context.Background(), []Sample{{m, at.Add(time.Duration(i-50) * time.Second).UnixMilli(), float64(i)}}); err != nil {
					t.Error(err)
				}
				if _, err := db.Query(context.Background(), "sum(m)", at); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v, _ := value(t, db, "sum(count_over_time(m[5m]))", at); v != 400 {
		t.Errorf("%v samples, want 400", v)
	}
}
