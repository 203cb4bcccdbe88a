package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"monitord/checks/logs"
	"monitord/collectors/logfile"
	"monitord/internal/runner"
)

// queueRig is a queue whose programs are spans of time: they take as long as
// their name says.
type queueRig struct {
	*logQueue
	seen  sync.Mutex
	acked []int64
	ran   []string
	end   context.CancelFunc
	ended chan error
}

func newQueueRig(t *testing.T, jobs int) *queueRig {
	r := &queueRig{ended: make(chan error, 1)}
	acts := &logActions{out: io.Discard, err: io.Discard, run: func(ctx context.Context, c runner.Command) (runner.Result, error) {
		span, err := time.ParseDuration(c.Path)
		if err != nil {
			return runner.Result{}, err
		}
		select {
		case <-time.After(span):
			r.seen.Lock()
			defer r.seen.Unlock()
			r.ran = append(r.ran, c.Path)
			return runner.Result{}, nil
		case <-ctx.Done():
			return runner.Result{TimedOut: true}, nil
		}
	}}
	r.logQueue = newLogQueue(acts, jobs, func(p logfile.Position) {
		r.seen.Lock()
		defer r.seen.Unlock()
		r.acked = append(r.acked, p.Offset)
	})
	ctx, cancel := context.WithCancel(t.Context())
	r.end = cancel
	go func() { r.ended <- r.Run(ctx) }()
	return r
}

// soFar is what was acknowledged and what ran.
func (r *queueRig) soFar() (acked []int64, ran []string) {
	r.seen.Lock()
	defer r.seen.Unlock()
	return slices.Clone(r.acked), slices.Clone(r.ran)
}

func (r *queueRig) put(t *testing.T, offset int64, program string) {
	t.Helper()
	if err := r.add(t.Context(), []logs.Action{{Kind: logs.ActionExec, Argv: []string{program}}}, logfile.Position{ID: 1, Offset: offset}); err != nil {
		t.Fatal(err)
	}
}

func TestLinesAreAcknowledgedInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newQueueRig(t, 2)
		r.put(t, 10, "3s")
		r.put(t, 20, "1s")
		r.read(logfile.Position{ID: 1, Offset: 30})
		time.Sleep(2 * time.Second)
		synctest.Wait()
		r.read(logfile.Position{ID: 1, Offset: 40})
		if acked, ran := r.soFar(); len(acked) != 0 || !slices.Equal(ran, []string{"1s"}) {
			t.Errorf("after 2 s %v ran and %v were acknowledged", ran, acked)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if acked, _ := r.soFar(); !slices.Equal(acked, []int64{10, 20, 40}) {
			t.Errorf("acknowledged %v", acked)
		}
		r.end()
		if err := <-r.ended; err != nil || r.left() != 0 {
			t.Errorf("%d left, %v", r.left(), err)
		}
	})
}

func TestTheEndWaitsAWhileAndCountsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newQueueRig(t, 1)
		r.put(t, 10, "3s")
		r.put(t, 20, "4s") // is ended on its way
		r.put(t, 30, "1s")
		synctest.Wait()
		start := time.Now()
		r.end()
		if err := <-r.ended; err != nil {
			t.Error(err)
		}
		if acked, _ := r.soFar(); time.Since(start) != logDrain || !slices.Equal(acked, []int64{10}) || r.left() != 2 {
			t.Errorf("after %s %v were acknowledged and %d left", time.Since(start), acked, r.left())
		}
	})
}

func TestAFullQueueWaitsAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newQueueRig(t, 1)
		for i := range int64(logQueueSize + 1) { // one is under way
			r.put(t, i, "1s")
			synctest.Wait()
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if err := r.add(ctx, nil, logfile.Position{ID: 1}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a full queue took another: %v", err)
		}
		start := time.Now()
		r.put(t, 5000, "1s")
		if waited := time.Since(start); waited == 0 {
			t.Error("a full queue did not wait")
		}
		r.end()
		<-r.ended
	})
}
