package watchdog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/runner"
)

// Deps is what a Dog may use of the world.
type Deps struct {
	Logger *slog.Logger
	Open   Opener // nil opens real devices
	// Run starts the program of the proof; nil is runner.Run.
	Run func(ctx context.Context, c runner.Command) (runner.Result, error)
}

// Dog is an armed watchdog. Make it with Open, run it once.
type Dog struct {
	cfg    Config
	log    *slog.Logger
	run    func(ctx context.Context, c runner.Command) (runner.Result, error)
	device Device
	proofs chan error // of the proof under way; it holds one
	asked  time.Time  // when the proof under way began; zero when there is none
	well   bool       // the last proof held
}

// errNotProven says that a proof did not come within its deadline.
var errNotProven = errors.New("no proof within the deadline")

// Open proves once that the machine works and then opens the device, whose clock
// runs from then on: a machine that cannot prove it is not armed. cfg is valid.
func Open(cfg Config, deps Deps) (*Dog, error) {
	if deps.Open == nil {
		deps.Open = openDevice
	}
	if deps.Run == nil {
		deps.Run = runner.Run
	}
	d := &Dog{cfg: cfg, log: deps.Logger.With(logkeys.Component, "watchdog"), run: deps.Run, proofs: make(chan error, 1)}
	if err := makeFolder(cfg.File); err != nil {
		return nil, err
	}
	if err := d.first(); err != nil {
		return nil, fmt.Errorf("watchdog not opened: %w", err)
	}
	device, err := deps.Open(cfg.Device, cfg.Timeout)
	if err != nil {
		return nil, err
	}
	d.device, d.well = device, true
	return d, nil
}

// first waits for the first proof.
func (d *Dog) first() error {
	d.begin()
	timer := time.NewTimer(d.cfg.Deadline)
	defer timer.Stop()
	select {
	case err := <-d.proofs:
		d.asked = time.Time{}
		return err
	case <-timer.C:
		return errNotProven
	}
}

// begin starts a proof. A system call on a dead disk cannot be ended: the
// goroutine is left to it, and as long as it is under way no second one begins.
func (d *Dog) begin() {
	d.asked = time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), d.cfg.Deadline)
		defer cancel()
		d.proofs <- d.prove(ctx)
	}()
}

// Run proves and writes to the device until ctx ends. Then it stops the device if
// the last proof held; otherwise the device is left as it is.
func (d *Dog) Run(ctx context.Context) error {
	d.log.Info("watchdog is armed", logkeys.Path, d.cfg.Device, logkeys.Dur, d.cfg.Timeout)
	ticker := time.NewTicker(d.cfg.Interval)
	defer ticker.Stop()
	if err := d.pet(); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return d.stop()
		case <-ticker.C:
			d.tick()
		case err := <-d.proofs:
			if err := d.proven(err); err != nil {
				return err
			}
		}
	}
}

// tick begins a proof, unless one is under way.
func (d *Dog) tick() {
	if d.asked.IsZero() {
		d.begin()
	} else if time.Since(d.asked) > d.cfg.Deadline {
		d.trouble(errNotProven)
	}
}

// proven takes the outcome of a proof. One that came too late proves nothing
// about now: the next one counts.
func (d *Dog) proven(err error) error {
	if err == nil && time.Since(d.asked) > d.cfg.Deadline {
		err = errNotProven
	}
	d.asked = time.Time{}
	if err != nil {
		d.trouble(err)
		return nil
	}
	if !d.well {
		d.log.Info("the machine works again; watchdog is quiet")
	}
	d.well = true
	return d.pet()
}

// trouble says once that the device is not written to.
func (d *Dog) trouble(err error) {
	if d.well {
		d.log.Error("the machine does not prove that it works: the watchdog will reset it", logkeys.Err, err, logkeys.Dur, d.cfg.Timeout)
	}
	d.well = false
}

// pet restarts the device's clock: any byte but the magic one does.
func (d *Dog) pet() error {
	if _, err := d.device.Write([]byte{0}); err != nil {
		return fmt.Errorf("write to watchdog %s: %w", d.cfg.Device, err)
	}
	return nil
}

// stop ends the watch.
func (d *Dog) stop() error {
	if !d.asked.IsZero() { // one is under way: it may still say something
		timer := time.NewTimer(time.Until(d.asked.Add(d.cfg.Deadline)))
		defer timer.Stop()
		select {
		case err := <-d.proofs:
			d.asked = time.Time{}
			d.well = err == nil
		case <-timer.C:
			d.well = false
		}
	}
	if !d.well {
		d.log.Error("watchdog is left armed: the machine does not prove that it works", logkeys.Path, d.cfg.Device)
		return nil
	}
	d.log.Info("watchdog is stopped", logkeys.Path, d.cfg.Device)
	return disarm(d.device)
}
