package testlogs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Torture is one run: lines are written and rotated for a time, while the
// follower is killed (SIGKILL) at random and started again.
type Torture struct {
	Follow string // the program built from ./follow
	Dir    string // an empty folder of the run's own
	Way    Way
	For    time.Duration
	Rate   int           // lines a second
	Every  time.Duration // between rotations
	Kill   time.Duration // mean time between kills; 0 never kills
	Seed   uint64
	Log    io.Writer // what the follower says
}

// Outcome is what became of the lines.
type Outcome struct {
	Written, Rotations, Kills int
	Lost                      int // stand in a file, or stood in one, and were not delivered
	Doubled                   int
	Torn                      int // pieces of lines that were delivered and stand so in no copy
	Gone                      int // in no file: copytruncate emptied it after its copy
}

// String is one line for a report.
func (o Outcome) String() string {
	s := fmt.Sprintf("written=%d rotations=%d kills=%d lost=%d doubled=%d torn=%d", o.Written, o.Rotations, o.Kills, o.Lost, o.Doubled, o.Torn)
	if o.Gone > 0 {
		s += fmt.Sprintf(" gone=%d (%.3f %%: written between the end of a copy and the truncation; they stand in no file, so nobody can read them)",
			o.Gone, 100*float64(o.Gone)/float64(o.Written))
	}
	return s
}

// run is the state of a Torture.
type run struct {
	Torture
	random *rand.Rand
	out    output
	mu     sync.Mutex
	cmd    *exec.Cmd
	ended  chan error // of cmd
	born   int        // lines that had been written when the current file was made
	alive  int        // lines that had been delivered when the follower was started
	killed int
}

// Run runs it, and waits until all lines were delivered or none has come for
// five seconds.
func (t Torture) Run(ctx context.Context) (Outcome, error) {
	r := &run{Torture: t, random: rand.New(rand.NewPCG(t.Seed, 1)), out: output{path: filepath.Join(t.Dir, "out")}}
	if err := os.MkdirAll(filepath.Join(t.Dir, "log"), 0o700); err != nil {
		return Outcome{}, err
	}
	w := &writer{path: filepath.Join(t.Dir, "log", "app.log"), way: t.Way, rate: t.Rate, every: t.Every, rotate: r.mayRotate}
	if err := r.start(); err != nil {
		return Outcome{}, err
	}
	timed, cancel := context.WithTimeout(ctx, t.For)
	defer cancel()
	var killing sync.WaitGroup
	var killErr error
	killing.Go(func() { killErr = r.kills(timed) })
	err := w.run(timed)
	killing.Wait()
	err = errors.Join(err, killErr, r.drain(ctx, w.written), r.stop(syscall.SIGTERM), r.out.update())
	if err != nil {
		return Outcome{}, err
	}
	return r.judge(w)
}

func (r *run) start() error {
	cmd := exec.Command(r.Follow, filepath.Join(r.Dir, "state"), r.out.path, filepath.Join(r.Dir, "log", "app.log"))
	cmd.Stderr = r.Log
	if err := cmd.Start(); err != nil {
		return err
	}
	r.cmd, r.ended, r.alive = cmd, make(chan error, 1), r.out.last
	go func() { r.ended <- cmd.Wait() }() // joined by stop
	return nil
}

// stop ends the follower and waits for it.
func (r *run) stop(sig syscall.Signal) error {
	if err := r.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("the follower ended by itself: %w", errors.Join(err, <-r.ended))
	}
	err := <-r.ended
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == sig {
		return nil // killed, or asked to end in its first moment, before it listened
	}
	if err != nil {
		return fmt.Errorf("follower: %w", err)
	}
	return nil
}

// kills kills and starts again at random times until ctx ends.
func (r *run) kills(ctx context.Context) error {
	if r.Kill == 0 {
		return nil
	}
	for {
		if !pause(ctx, r.upTo(2*r.Kill)) {
			return nil
		}
		if !r.mayKill() {
			continue
		}
		r.killed++
		err := r.stop(syscall.SIGKILL)
		pause(ctx, r.upTo(500*time.Millisecond))
		err = errors.Join(err, r.out.update(), r.start())
		r.mu.Unlock() // of mayKill
		if err != nil {
			return err
		}
	}
}

// mayKill locks against rotations that delete: what is deleted while nobody has
// it open, or before it was read, is gone. In every other way it may always, once
// it has begun: what was rotated before a log was ever followed is none of its
// business.
func (r *run) mayKill() bool {
	r.mu.Lock()
	if err := r.out.update(); err == nil && r.out.last > 0 && (r.Way != Delete || r.out.last >= r.born) {
		return true
	}
	r.mu.Unlock()
	return false
}

// mayRotate says whether a rotation may happen; one that deletes only while a
// follower runs that has opened the file.
func (r *run) mayRotate(written int) bool {
	if r.Way != Delete {
		return true
	}
	if !r.mu.TryLock() {
		return false
	}
	defer r.mu.Unlock()
	if err := r.out.update(); err != nil || r.out.last <= max(r.born, r.alive) {
		return false
	}
	r.born = written
	return true
}

// drain waits for the last lines.
func (r *run) drain(ctx context.Context, written int) error {
	last, since := 0, time.Now()
	for time.Since(since) < 5*time.Second && r.missing(written) > 0 {
		if err := r.out.update(); err != nil {
			return err
		}
		if r.out.last != last {
			last, since = r.out.last, time.Now()
		}
		if !pause(ctx, 50*time.Millisecond) {
			return ctx.Err()
		}
	}
	return nil
}

func (r *run) missing(written int) int {
	n := 0
	for i := range written {
		if !r.out.has(i) {
			n++
		}
	}
	return n
}

func (r *run) judge(w *writer) (Outcome, error) {
	if r.Way == CopyTruncate {
		if err := w.standing.read(w.path); err != nil {
			return Outcome{}, err
		}
	}
	o := Outcome{Written: w.written, Rotations: w.count, Kills: r.killed}
	for _, p := range r.out.pieces { // a copy may end within a line that was being written
		if !slices.Contains(w.standing.pieces, p) {
			o.Torn++
		}
	}
	for i := range w.written {
		switch {
		case r.out.has(i) && r.out.times[i] > 1:
			o.Doubled++
		case r.out.has(i):
		case r.Way == CopyTruncate && !w.standing.has(i):
			o.Gone++
		default:
			o.Lost++
		}
	}
	return o, nil
}

func (r *run) upTo(d time.Duration) time.Duration {
	return time.Duration(r.random.Int64N(int64(d)))
}

// pause waits, and is false when ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
