package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
)

const (
	// logQueueSize is how many lines with actions wait; then reading waits, and
	// the file is the queue: nothing is dropped.
	logQueueSize = 1000
	// logDrain is how long after the end what waits is still carried out.
	logDrain = 5 * time.Second
)

// logQueue carries out actions of lines, and acknowledges lines in their order
// once all before them are done with.
type logQueue struct {
	acts *logActions
	jobs int
	ack  func(logfile.Position)
	in   chan logJob

	mu      sync.Mutex
	pending []*logEntry // in the order of the lines
}

// logJob is what one line asks for.
type logJob struct {
	actions []logs.Action
	entry   *logEntry
}

// logEntry is a line, or several without actions, that was read.
type logEntry struct {
	position logfile.Position
	done     bool
}

func newLogQueue(acts *logActions, jobs int, ack func(logfile.Position)) *logQueue {
	return &logQueue{acts: acts, jobs: jobs, ack: ack, in: make(chan logJob, logQueueSize)}
}

// add waits for room. The error is that of ctx.
func (q *logQueue) add(ctx context.Context, actions []logs.Action, p logfile.Position) error {
	entry := &logEntry{position: p}
	q.mu.Lock()
	q.pending = append(q.pending, entry)
	q.mu.Unlock()
	select {
	case q.in <- logJob{actions, entry}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read notes that lines were read that ask for nothing more.
func (q *logQueue) read(p logfile.Position) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if n := len(q.pending); n > 0 && q.pending[n-1].done && q.pending[n-1].position.ID == p.ID {
		q.pending[n-1].position = p
		return
	}
	q.pending = append(q.pending, &logEntry{position: p, done: true})
	q.settle()
}

func (q *logQueue) finish(e *logEntry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	e.done = true
	q.settle()
}

// settle acknowledges what nothing before waits for.
func (q *logQueue) settle() {
	for len(q.pending) > 0 && q.pending[0].done {
		q.ack(q.pending[0].position)
		q.pending[0] = nil
		q.pending = q.pending[1:]
	}
}

// left counts lines whose actions were not carried out.
func (q *logQueue) left() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, e := range q.pending {
		if !e.done {
			n++
		}
	}
	return n
}

// Run carries out until ctx ends, and then for a while what is left. It fails
// when what is printed cannot be written.
func (q *logQueue) Run(ctx context.Context) error {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	closing, end := context.WithCancel(ctx)
	defer end()
	var workers sync.WaitGroup
	for range q.jobs {
		workers.Go(func() {
			if err := q.work(closing, work); err != nil {
				cancel(err)
				end()
			}
		})
	}
	<-closing.Done()
	enough := time.AfterFunc(logDrain, func() { cancel(nil) })
	defer enough.Stop()
	workers.Wait()
	if err := context.Cause(work); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// work is one worker.
func (q *logQueue) work(closing, work context.Context) error {
	for {
		select {
		case j := <-q.in:
			if err := q.one(work, j); err != nil {
				return err
			}
			continue
		case <-closing.Done():
		}
		select {
		case j := <-q.in:
			if err := q.one(work, j); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// one carries out what a line asks for. After the end of work it is left alone,
// and so is what was ended on its way.
func (q *logQueue) one(work context.Context, j logJob) error {
	if work.Err() != nil {
		return nil
	}
	if _, err := q.acts.do(work, j.actions); err != nil {
		return err
	}
	if work.Err() == nil {
		q.finish(j.entry)
	}
	return nil
}
