package file

import (
	"context"
	_ "embed"
	"errors"
	"io/fs"
	"regexp"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "file", Summary: "file.type", Sample: sample, Local: true,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check looks at files. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	now    func() time.Time
	regexp *regexp.Regexp
	find   func() ([]seen, error) // look
	turn   chan struct{}          // holds one entry while a look is under way
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, now: deps.Now, turn: make(chan struct{}, 1)}
	c.find = c.look
	if cfg.Regexp != "" {
		var err error
		if c.regexp, err = regexp.Compile(cfg.Regexp); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// looked is what a look brought.
type looked struct {
	files []seen
	err   error
}

// Run looks once.
func (c *Check) Run(ctx context.Context, _ checks.Target) ([]checks.Result, error) {
	start := time.Now()
	select {
	case c.turn <- struct{}{}:
	case <-ctx.Done(): // the run before still waits for the same file system
		return []checks.Result{c.hangs(time.Since(start))}, nil
	}
	// A system call on a dead mount cannot be ended: the goroutine is left to
	// it, and its turn keeps the next run from leaving a second one.
	came := make(chan looked, 1)
	go func() {
		files, err := c.find()
		<-c.turn
		came <- looked{files, err}
	}()
	var l looked
	select {
	case <-ctx.Done():
		return []checks.Result{c.hangs(time.Since(start))}, nil
	case l = <-came:
	}
	if errors.Is(l.err, fs.ErrPermission) {
		return []checks.Result{{
			State: checks.Unknown, Reason: checks.ReasonPermission,
			Summary: text.M("file.permission", text.Str("path", c.cfg.Path), text.Str("detail", l.err.Error())),
		}}, nil
	}
	if l.err != nil {
		return nil, l.err
	}
	r, err := c.judge(l.files)
	return []checks.Result{r}, err
}

// hangs is a file system that does not answer.
func (c *Check) hangs(took time.Duration) checks.Result {
	return checks.Result{
		State: checks.Unknown, Reason: checks.ReasonTimeout,
		Summary: text.M("file.hangs", text.Str("path", c.cfg.Path), text.Dur("took", took)),
	}
}
