package tsdb

import (
	"context"
	"time"

	"monitord/internal/logkeys"
)

// watchInterval is how often Run looks at the disk and, after a failed write,
// tries to open again.
const watchInterval = time.Second

// Run watches the free space, lets the library compact, and opens the store again
// after a failed write. It returns nil when ctx ends. Appends and queries work
// without it, but nothing recovers, and the head is never made a block.
func (db *DB) Run(ctx context.Context) error {
	tick := time.NewTicker(watchInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-db.wake:
		case <-tick.C:
		}
		db.checkSpace()
		db.letCompact()
		db.recover()
	}
}

// letCompact opens the generation's gate of compactions when it is time.
func (db *DB) letCompact() {
	gen, err := db.acquire()
	if err != nil {
		return // closed, or being opened again
	}
	defer gen.release()
	if err := gen.gate.look(gen.db, db.opts.Now()); err != nil {
		db.log.Warn("compactions begin without a look at the head's files", logkeys.Err, err)
	}
}

// fail marks the generation: from here on nothing is acknowledged until Run has
// opened the store again.
func (db *DB) fail(g *generation, err error) {
	if g.failed.Swap(true) {
		return
	}
	db.metrics.writeErrors.Inc()
	db.log.Error("log write failed; nothing is acknowledged until the store is open again", logkeys.Err, err)
	select {
	case db.wake <- struct{}{}:
	default:
	}
}

// recover closes a failed generation and opens the next. The order matters: the
// ballast goes first, so that the close and the repair of the torn segment have
// room; on a full disk the repair would lose the segment, and the library panics
// when its close cannot write a chunk. Without room even so, the failed
// generation goes on answering queries until the next look.
func (db *DB) recover() {
	db.mu.Lock()
	gen := db.gen
	idle := db.closed || (gen != nil && !gen.failed.Load())
	db.mu.Unlock()
	if idle {
		return
	}
	if err := db.makeRoom(true); err != nil {
		db.log.Warn("cannot open the store again yet", logkeys.Err, err)
		return
	}
	if gen != nil && !db.retire(gen) {
		return
	}
	db.reopen()
}

// retire takes a failed generation out of use and closes it. False means that
// Close was faster.
func (db *DB) retire(gen *generation) bool {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return false
	}
	db.gen, db.opened = nil, make(chan struct{})
	db.mu.Unlock()
	if err := gen.close(); err != nil {
		// Its log is torn; what was acknowledged is synced already. A log that could
		// not write its last page keeps a file and a goroutine: once more.
		db.log.Warn("close after a failed write", logkeys.Err, err)
		if err := gen.db.Head().Close(); err != nil {
			db.log.Debug("second close after a failed write", logkeys.Err, err)
		}
	}
	return true
}

func (db *DB) reopen() {
	next, err := db.openGeneration()
	if err != nil {
		db.log.Error("cannot open the store again; next try soon", logkeys.Err, err)
		return
	}
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		if err := next.close(); err != nil {
			db.log.Error("close after reopen", logkeys.Err, err)
		}
		return
	}
	db.gen = next
	close(db.opened)
	db.mu.Unlock()
	db.metrics.reopens.Inc()
	db.log.Warn("store is open again after a failed write")
}

// checkSpace shuts or opens the gate, and puts a missing ballast back as soon as
// there is room for it beyond the limit.
func (db *DB) checkSpace() bool {
	free, err := db.opts.FreeSpace(db.opts.Dir)
	if err != nil {
		// Unknown is not full: the answer of the log itself decides then.
		db.log.Warn("free space is unknown", logkeys.Err, err)
		return true
	}
	db.metrics.free.Set(float64(free))
	full := free < db.opts.MinFreeBytes
	if db.full.Swap(full) != full {
		db.metrics.full.Set(boolFloat(full))
		if full {
			db.log.Error("disk is full: samples are refused until there is room", logkeys.Bytes, free)
		} else {
			db.log.Info("disk has room again: samples are accepted", logkeys.Bytes, free)
		}
	}
	return !full
}

func boolFloat(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
