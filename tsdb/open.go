package tsdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/util/compression"

	"monitord/internal/logkeys"
)

// pageSize is the unit of the library's log; a segment is a multiple of it.
const pageSize = 32 << 10

// generation is one opened library database.
type generation struct {
	db      *tsdb.DB
	syncer  *syncer
	tracked *tracked
	gate    gate           // of Run
	users   sync.WaitGroup // appends and queries that hold it
	known   known          // series that senders named before
	failed  atomic.Bool    // a log write failed: acknowledge nothing more
	ctx     context.Context
	cancel  context.CancelFunc // ends its queries when a reopen has to wait too long
}

func (g *generation) release() { g.users.Done() }

// close waits for the users, at most queryGrace before it cancels the queries.
func (g *generation) close() error {
	t := time.AfterFunc(queryGrace, g.cancel)
	g.users.Wait()
	t.Stop()
	g.cancel()
	err := g.db.Close()
	g.tracked.release()
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// queryGrace is how long a running query may hold up a close or reopen.
const queryGrace = 5 * time.Second

// openGeneration makes the directory usable, opens the library on it and puts
// the ballast in place.
func (db *DB) openGeneration() (*generation, error) {
	if err := db.makeRoom(false); err != nil {
		return nil, err
	}
	for _, log := range []string{"wal", "wbl"} {
		if err := db.putBackRepairs(filepath.Join(db.opts.Dir, log)); err != nil {
			return nil, err
		}
	}
	reg := &tracked{outer: db.opts.Registerer}
	lib, err := tsdb.Open(db.opts.Dir, db.log, reg, db.libraryOptions(), nil)
	if err != nil {
		reg.release()
		return nil, fmt.Errorf("open store %s: %w", db.opts.Dir, err)
	}
	g := &generation{db: lib, tracked: reg}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	if g.gate, err = newGate(lib, db.opts.Dir, db.opts.Now()); err != nil {
		return nil, errors.Join(err, g.close())
	}
	before := reg.failedWrites()
	g.syncer = &syncer{
		interval: db.opts.SyncInterval,
		logs:     []*segments{{dir: filepath.Join(db.opts.Dir, "wal"), from: -1}, {dir: filepath.Join(db.opts.Dir, "wbl"), from: -1}},
		observe:  func(d time.Duration) { db.metrics.sync.Observe(d.Seconds()) },
		check: func() error {
			// Another commit may have failed before ours was written behind it.
			if g.failed.Load() || reg.failedWrites() > before {
				return errors.New("an earlier write failed")
			}
			return nil
		},
	}
	if err := syncPath(db.opts.Dir); err != nil {
		return nil, errors.Join(err, g.close())
	}
	db.ballast()
	return g, nil
}

// ballast puts the reserve in place; without room for it appends are refused
// anyway, and the free-space watch tries again.
func (db *DB) ballast() {
	err := makeBallast(db.opts.Dir, db.opts.BallastBytes)
	if err != nil {
		db.log.Warn("no room for the ballast", logkeys.Err, err)
	}
	db.metrics.ballast.Set(boolFloat(err == nil))
}

func (db *DB) libraryOptions() *tsdb.Options {
	o := tsdb.DefaultOptions()
	o.RetentionDuration = db.opts.Retention.Milliseconds()
	o.OutOfOrderTimeWindow = OutOfOrderWindow.Milliseconds()
	o.WALCompression = compression.Snappy
	o.WALSegmentSize = int(db.segmentBytes())
	o.NoLockfile = true // ours is held across a reopen and names the owner
	return o
}

// segmentBytes is a quarter of the ballast, in whole pages: the repair of a torn
// segment in wal and of one in wbl copies both, and the head needs some room too.
func (db *DB) segmentBytes() int64 {
	return max(db.opts.BallastBytes/4/pageSize, 1) * pageSize
}

// makeRoom gives up the ballast when a repair might not have the room it needs:
// a repair on a full disk would lose the whole segment. What is needed is what
// may have to be copied: the two largest segments. sure gives it up in any case.
func (db *DB) makeRoom(sure bool) error {
	need := uint64(2*db.segmentBytes() + 8*pageSize)
	free, err := db.opts.FreeSpace(db.opts.Dir)
	if err != nil {
		return fmt.Errorf("free space of store: %w", err)
	}
	if !sure && free >= need+uint64(db.opts.BallastBytes) {
		return nil
	}
	if err := dropBallast(db.opts.Dir); err != nil {
		return err
	}
	if free, err = db.opts.FreeSpace(db.opts.Dir); err != nil {
		return fmt.Errorf("free space of store: %w", err)
	}
	if free < need {
		return fmt.Errorf("open store %s: %w: %d bytes free, %d needed (free some space; nothing is lost)", db.opts.Dir, ErrFull, free, need)
	}
	return nil
}

// putBackRepairs undoes a repair that did not end: the library renames a torn
// segment to NNNNNNNN.repair and copies what is sound into a new one; when it
// dies in between, the rest of the segment would be forgotten at the next start.
func (db *DB) putBackRepairs(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, "*.repair"))
	if err != nil {
		return fmt.Errorf("look for repairs in %s: %w", dir, err)
	}
	for _, path := range left {
		if err := os.Rename(path, strings.TrimSuffix(path, ".repair")); err != nil {
			return fmt.Errorf("put back segment: %w", err)
		}
		db.log.Warn("put back a log segment whose repair did not end", logkeys.Path, path)
	}
	if len(left) == 0 {
		return nil
	}
	return syncPath(dir)
}
