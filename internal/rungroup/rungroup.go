// Package rungroup runs the long-lived parts of a program together: the first
// that returns ends the rest, all are joined, the first error is reported.
package rungroup

import (
	"context"
	"fmt"
)

// Runner is one long-lived part. It blocks until ctx ends or it fails, and
// returns only after every goroutine it started has returned.
type Runner struct {
	Name string
	Run  func(ctx context.Context) error
}

// Run is Stages with one stage: all runners end together.
func Run(ctx context.Context, runners ...Runner) error { return Stages(ctx, runners) }

// Stages starts the runners of all stages and returns when all have returned. When
// ctx ends or any runner returns, the stages are ended one after the other in
// the order given: a stage is told to end only after every runner of the stage
// before it has returned, so that what takes work in comes first and what keeps
// it comes last. The error is that of the runner that returned first; a runner
// that returns nil ends the program without an error.
func Stages(ctx context.Context, stages ...[]Runner) error {
	var total int
	for _, stage := range stages {
		total += len(stage)
	}
	ends := make(chan end, total)
	groups := make([]group, len(stages))
	for i, stage := range stages {
		// Not a child of ctx: a stage ends in its turn.
		own, cancel := context.WithCancel(context.WithoutCancel(ctx))
		groups[i] = group{cancel: cancel, joined: make(chan struct{})}
		go groups[i].run(own, stage, ends)
	}
	var first end
	select {
	case <-ctx.Done():
	case first = <-ends:
	}
	for _, g := range groups {
		g.cancel()
		<-g.joined
	}
	if first.err != nil {
		return fmt.Errorf("%s: %w", first.name, first.err)
	}
	// ctx ended: an error on the way down is still worth telling.
	for range len(ends) {
		if e := <-ends; e.err != nil {
			return fmt.Errorf("%s: %w", e.name, e.err)
		}
	}
	return nil
}

// end says which runner returned and why.
type end struct {
	name string
	err  error
}

// group is one stage that is running.
type group struct {
	cancel context.CancelFunc
	joined chan struct{} // closed after the last runner returned
}

func (g group) run(ctx context.Context, stage []Runner, ends chan<- end) {
	defer close(g.joined)
	mine := make(chan end, len(stage))
	for _, r := range stage {
		go func() { mine <- end{r.Name, r.Run(ctx)} }()
	}
	for range stage {
		ends <- <-mine
	}
}
