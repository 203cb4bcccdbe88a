package tsdb

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// blocks counts the blocks on the disk.
func blocks(t *testing.T, dir string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "meta.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// gateTest is a store that nobody runs, with six hours of a value a minute: enough
// for two blocks. add appends one more value.
func gateTest(t *testing.T, clock *time.Time) (db *DB, add func(at time.Time)) {
	t.Helper()
	opts := testOptions(t.TempDir())
	opts.Now = func() time.Time { return *clock }
	db, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	add = func(at time.Time) {
		t.Helper()
		if err := db.Append(context.Background(), []Sample{{metric("__name__", "m", "host", "h"), at.UnixMilli(), 1}}); err != nil {
			t.Fatal(err)
		}
	}
	for at := clock.Add(-6 * time.Hour); at.Before(*clock); at = at.Add(time.Minute) {
		add(at)
	}
	return db, add
}

// compacts waits until the store has made a block, which it does after an append.
func compacts(t *testing.T, db *DB, add func(time.Time), at time.Time) {
	t.Helper()
	for begin := time.Now(); blocks(t, db.opts.Dir) == 0; at = at.Add(time.Second) {
		if time.Since(begin) > 30*time.Second {
			t.Fatal("there is no block after 30 s")
		}
		add(at)
		time.Sleep(10 * time.Millisecond)
	}
}

func TestCompactionsWaitForAFileOfHeadChunks(t *testing.T) {
	clock := now()
	db, add := gateTest(t, &clock)
	db.letCompact()
	if n := blocks(t, db.opts.Dir); db.gen.gate.open || n > 0 {
		t.Fatalf("compactions began at once: %d blocks", n)
	}
	for i := range 40 { // more than a chunk of late samples holds
		add(clock.Add(-5*time.Hour + time.Duration(i)*time.Second))
	}
	if files, err := os.ReadDir(filepath.Join(db.opts.Dir, "chunks_head")); err != nil || len(files) == 0 {
		t.Fatalf("late samples began no file: %v, %v", files, err)
	}
	db.letCompact()
	compacts(t, db, add, clock)
}

func TestCompactionsDoNotWaitForEver(t *testing.T) {
	clock := now()
	db, add := gateTest(t, &clock)
	clock = clock.Add(heldAtMost)
	db.letCompact()
	compacts(t, db, add, clock)
}
