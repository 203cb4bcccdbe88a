package health

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"monitord/internal/handover"
	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// Bounds of reporting: it must hold nothing up.
const (
	reportQueue   = 32
	reportTimeout = 2 * time.Second
)

// errReportHangs says that a report before still waits for its disk.
var errReportHangs = errors.New("the file system of the probe's folder does not answer")

// report is one event on its way.
type report struct {
	at   time.Time
	data wire.HealthData
}

// reporter writes reports for the probe's daemon.
type reporter struct {
	dir   string // "" writes none
	log   *slog.Logger
	queue chan report
	turn  chan struct{} // holds one entry while a write is under way
	last  time.Time     // of the report before: their times are their order
}

func newReporter(probeDir string, log *slog.Logger) *reporter {
	r := &reporter{log: log.With(logkeys.Component, "health"), queue: make(chan report, reportQueue), turn: make(chan struct{}, 1)}
	if probeDir != "" {
		r.dir = filepath.Join(probeDir, ReportDir)
	}
	return r
}

// put queues a report; when the queue is full it is dropped, and logged.
func (r *reporter) put(at time.Time, data wire.HealthData) {
	if r.dir == "" {
		return
	}
	data.Checks = slices.Clone(data.Checks) // the decider goes on with its own
	select {
	case r.queue <- report{at, data}:
	default:
		r.log.Error("report dropped: too many wait", logkeys.Fault, data.Fault, logkeys.Reason, data.Step)
	}
}

// run writes until ctx ends, and then what is queued.
func (r *reporter) run(ctx context.Context) error {
	for {
		select {
		case one := <-r.queue:
			r.write(one)
		case <-ctx.Done():
			for len(r.queue) > 0 {
				r.write(<-r.queue)
			}
			return nil
		}
	}
}

func (r *reporter) write(one report) {
	err := r.try(one)
	if errors.Is(err, handover.ErrNoFolder) {
		r.log.Warn("nobody sends reports from here; enrol a probe, or set probe_dir", logkeys.Err, err)
		return
	}
	if err != nil {
		r.log.Error("report lost", logkeys.Err, err, logkeys.Fault, one.data.Fault, logkeys.Reason, one.data.Step)
	}
}

// try writes one report, in bounded time. A write on a hung disk cannot be
// ended: its goroutine is left to it, and its turn keeps the next from leaving
// a second one.
func (r *reporter) try(one report) error {
	b, err := json.Marshal(one.data)
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if !one.at.After(r.last) { // the clock was set back, or is coarse
		one.at = r.last.Add(1)
	}
	r.last = one.at
	timer := time.NewTimer(reportTimeout)
	defer timer.Stop()
	select {
	case r.turn <- struct{}{}:
	case <-timer.C:
		return errReportHangs
	}
	came := make(chan error, 1)
	go func() {
		came <- handover.Put(r.dir, handover.Event{At: one.at.UTC(), Kind: wire.KindHealth, Data: b})
		<-r.turn
	}()
	select {
	case err := <-came:
		return err
	case <-timer.C:
		return errReportHangs
	}
}
