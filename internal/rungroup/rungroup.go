// Package rungroup runs the long-lived parts of a program together: the first
// that returns cancels the rest, all are joined, the first error is reported.
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

// Run starts all runners and returns when all have returned. The error is that
// of the runner that returned first; a runner that returns nil ends the group
// without an error.
func Run(ctx context.Context, runners ...Runner) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		name string
		err  error
	}
	ends := make(chan end, len(runners))
	for _, r := range runners {
		go func() { ends <- end{r.Name, r.Run(ctx)} }()
	}
	var first error
	for i := range runners {
		e := <-ends
		cancel()
		if i == 0 && e.err != nil {
			first = fmt.Errorf("%s: %w", e.name, e.err)
		}
	}
	return first
}
