package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// request is one write that waits: all of it or nothing.
type request struct {
	apply func(*sql.Tx) error
	done  chan error // buffered; gets one value
}

// submit queues a write behind all earlier ones. It never blocks.
func (j *Journal) submit(apply func(*sql.Tx) error) <-chan error {
	r := request{apply, make(chan error, 1)}
	select {
	case <-j.closed:
		r.done <- ErrClosed
		return r.done
	default:
	}
	select {
	case j.requests <- r:
	default:
		j.metrics.failures.Inc()
		r.done <- ErrBusy
	}
	return r.done
}

// write queues a write and waits until it is durable.
func (j *Journal) write(ctx context.Context, apply func(*sql.Tx) error) error {
	select {
	case err := <-j.submit(apply):
		return err
	case <-j.closed:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// groupLimit bounds one transaction, so that the first of a group does not wait
// long for the last: 500 changes take about 20 ms.
const groupLimit = 500

// Run writes until ctx ends, then writes what is queued and returns. While one
// transaction is being synced, the writes that arrive gather for the next: the
// groups form by themselves, and a lone write does not wait for company.
func (j *Journal) Run(ctx context.Context) error {
	defer func() {
		close(j.closed)
		j.drain()
	}()
	for {
		select {
		case <-ctx.Done():
			for len(j.requests) > 0 {
				j.commit(j.gather(<-j.requests))
			}
			return nil
		case r := <-j.requests:
			j.commit(j.gather(r))
		}
	}
}

// drain answers what slipped into the queue while Run was ending.
func (j *Journal) drain() {
	for {
		select {
		case r := <-j.requests:
			r.done <- ErrClosed
		default:
			return
		}
	}
}

func (j *Journal) gather(first request) []request {
	group := []request{first}
	for len(group) < groupLimit {
		select {
		case r := <-j.requests:
			group = append(group, r)
		default:
			return group
		}
	}
	return group
}

// commit writes a group in one transaction. If that fails, each write gets a
// transaction of its own, so that one bad write does not take others with it.
func (j *Journal) commit(group []request) {
	start := time.Now()
	err := j.transact(group)
	if err != nil && len(group) > 1 {
		for _, r := range group {
			err := j.transact([]request{r})
			j.count(err)
			r.done <- err
		}
		return
	}
	j.metrics.commits.Observe(time.Since(start).Seconds())
	for _, r := range group {
		j.count(err)
		r.done <- err
	}
}

func (j *Journal) count(err error) {
	j.last.Store(&err)
	if err != nil {
		j.metrics.failures.Inc()
	} else {
		j.metrics.writes.Inc()
	}
}

// Healthy is the error of the last write; nil when it went well, or when
// nothing was written yet.
func (j *Journal) Healthy() error {
	if last := j.last.Load(); last != nil {
		return *last
	}
	return nil
}

func (j *Journal) transact(group []request) (err error) {
	tx, err := j.writer.Begin()
	if err != nil {
		return fmt.Errorf("write journal: %w", err)
	}
	for _, r := range group {
		if err := r.apply(tx); err != nil {
			// The rollback's own error says nothing more: SQLite has rolled
			// back by itself when the disk is full.
			_ = tx.Rollback()
			return fmt.Errorf("write journal: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		_ = tx.Rollback()
		return fmt.Errorf("write journal: %w", err)
	}
	return nil
}
