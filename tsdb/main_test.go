package tsdb

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"go.uber.org/goleak"
)

// now is a recent moment in whole seconds; the library's own work reads the real clock.
func now() time.Time { return time.Now().Truncate(time.Second) }

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		appendForever(dir)
	}
	goleak.VerifyTestMain(m)
}

func testOptions(dir string) Options {
	return Options{
		Dir: dir, Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(),
		BallastBytes: 4 << 20, MinFreeBytes: 1 << 20, SyncInterval: time.Millisecond,
	}
}

// openTest opens a store and runs it until the test ends.
func openTest(t testing.TB, opts Options) *DB {
	t.Helper()
	db, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	runTest(t, db)
	return db
}

func runTest(t testing.TB, db *DB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- db.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
}

func metric(pairs ...string) labels.Labels { return labels.FromStrings(pairs...) }

// value asks for one number; ok is false when there is none.
func value(t testing.TB, db *DB, expr string, at time.Time) (v float64, ok bool) {
	t.Helper()
	s, err := db.Query(context.Background(), expr, at)
	if err != nil {
		t.Fatal(err)
	}
	if len(s) == 0 {
		return 0, false
	}
	return s[0].Points[0].Value, true
}
