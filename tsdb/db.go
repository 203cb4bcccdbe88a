package tsdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"

	"monitord/internal/logkeys"
)

// DB is an open store. All methods are safe for concurrent use.
type DB struct {
	opts    Options
	log     *slog.Logger
	metrics *metrics
	lock    *os.File
	engine  *promql.Engine
	parser  parser.Parser
	queries chan struct{} // one token a running query
	started time.Time
	words   metadataStore

	full atomic.Bool   // the free-space gate is shut
	wake chan struct{} // tells Run that a generation failed

	mu     sync.Mutex
	gen    *generation   // nil while reopening and after Close
	opened chan struct{} // closed when gen is set again
	closed bool
}

// Open takes the directory, makes it usable (see package comment) and opens it.
// It returns ErrLocked when another server has it, and ErrFull when the disk is
// so full that even without the ballast a start could lose data.
func Open(opts Options) (*DB, error) {
	opts = opts.withDefaults()
	if err := opts.validate(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create store directory: %w", err)
	}
	lock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	db := &DB{
		opts: opts, log: opts.Logger.With(logkeys.Component, "tsdb"), metrics: newMetrics(), lock: lock,
		parser: parser.NewParser(parser.Options{}), queries: make(chan struct{}, opts.QueryConcurrency),
		started: opts.Now(), wake: make(chan struct{}, 1), opened: make(chan struct{}),
	}
	if err := db.metrics.register(opts.Registerer); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	db.engine = db.newEngine()
	if db.gen, err = db.openGeneration(); err != nil {
		db.metrics.unregister(opts.Registerer)
		return nil, errors.Join(err, lock.Close())
	}
	close(db.opened)
	db.checkSpace()
	return db, nil
}

// Close waits for running appends and queries, closes the store and frees the
// directory. Call it after Run has returned.
func (db *DB) Close() error {
	db.mu.Lock()
	if db.closed {
		db.mu.Unlock()
		return nil
	}
	db.closed = true
	gen := db.gen
	db.gen = nil
	db.mu.Unlock()
	var err error
	if gen != nil {
		err = gen.close()
	}
	err = errors.Join(err, db.engine.Close())
	db.metrics.unregister(db.opts.Registerer)
	return errors.Join(err, db.lock.Close())
}

// acquire returns the open generation; the caller must release it. It does not
// wait: appends are refused while the store is being opened again.
func (db *DB) acquire() (*generation, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case db.closed:
		return nil, ErrClosed
	case db.gen == nil:
		return nil, ErrReopening
	}
	db.gen.users.Add(1)
	return db.gen, nil
}

// Ready is nil while samples are taken; otherwise it says why they are not.
func (db *DB) Ready() error {
	if db.full.Load() {
		return ErrFull
	}
	gen, err := db.acquire()
	if err != nil {
		return err
	}
	gen.release()
	return nil
}

// acquireWait is acquire for queries, which rather wait a moment than fail.
func (db *DB) acquireWait(ctx context.Context) (*generation, error) {
	for {
		gen, err := db.acquire()
		if !errors.Is(err, ErrReopening) {
			return gen, err
		}
		db.mu.Lock()
		opened := db.opened
		db.mu.Unlock()
		select {
		case <-opened:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ErrReopening, ctx.Err())
		}
	}
}
