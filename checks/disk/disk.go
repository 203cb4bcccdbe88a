package disk

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "disk", Summary: "disk.type", Sample: sample, Local: true,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Check writes to one folder. It is safe for concurrent runs.
type Check struct {
	cfg  Config
	work func(phases *netdial.Phases) error // once
	turn chan struct{}                      // holds one entry while work is under way
}

// New builds the check; cfg is valid.
func New(cfg Config, _ checks.Deps) *Check {
	c := &Check{cfg: cfg, turn: make(chan struct{}, 1)}
	c.work = c.once
	return c
}

// Run writes once.
func (c *Check) Run(ctx context.Context, _ checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done(): // the run before still waits for the same disk
		return []checks.Result{c.hangs(time.Since(start), nil)}, nil
	}
	// A system call on a dead disk cannot be ended: the goroutine is left to it,
	// and its turn keeps the next run from leaving a second one.
	came := make(chan error, 1)
	go func() {
		err := c.work(&phases)
		<-c.turn
		came <- err
	}()
	select {
	case <-ctx.Done():
		return []checks.Result{c.hangs(time.Since(start), phases.Seal())}, nil
	case err := <-came:
		return []checks.Result{c.judge(err, time.Since(start), phases.Seal())}, nil
	}
}

// hangs is a disk that does not answer.
func (c *Check) hangs(took time.Duration, phases []checks.Phase) checks.Result {
	return checks.Result{
		State: checks.Critical, Reason: checks.ReasonTimeout, Phases: phases,
		Summary: text.M("disk.hangs", text.Str("dir", c.cfg.Dir), text.Dur("took", took)),
	}
}

// judge makes the result of work that came to an end.
func (c *Check) judge(err error, took time.Duration, phases []checks.Phase) checks.Result {
	dir := text.Str("dir", c.cfg.Dir)
	r := checks.Result{State: checks.Critical, Reason: checks.ReasonStatus, Phases: phases}
	switch {
	case err == nil:
		r.State = checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical)
		r.Reason, r.Summary = checks.ReasonNone, text.M("disk.ok", dir, text.Dur("took", took))
		if r.State != checks.OK {
			r.Reason, r.Summary = checks.ReasonThreshold, text.M("disk.slow", dir, text.Dur("took", took))
		}
		r.Perf = []checks.Perf{{
			Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds,
			Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange(),
		}}
	case errors.Is(err, errOtherBytes):
		r.Reason, r.Summary = checks.ReasonContent, text.M("disk.content", dir)
	case errors.Is(err, fs.ErrPermission):
		r.State, r.Reason = checks.Unknown, checks.ReasonPermission
		r.Summary = text.M("disk.permission", dir, text.Str("detail", err.Error()))
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		r.Summary = text.M("disk.full", dir)
	case errors.Is(err, unix.EROFS):
		r.Summary = text.M("disk.readonly", dir)
	default:
		r.Summary = text.M("disk.failed", dir, text.Str("detail", err.Error()))
	}
	return r
}
