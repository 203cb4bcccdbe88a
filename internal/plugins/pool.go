package plugins

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"monitord/internal/runner"
)

// Why a plugin is not started.
var (
	ErrNotAllowed    = errors.New("not below a folder that plugins.dirs allows")
	ErrMissing       = errors.New("no such plugin")
	ErrNotExecutable = errors.New("plugin is not executable")
	ErrEnvironment   = errors.New("a probe takes no environment variables of plugins from the server")
	ErrBusy          = errors.New("no place in the plugin pool within the time-out (raise plugins.concurrency)")
)

// NotAllowedError is an ErrNotAllowed that a probe's own list is the reason of.
type NotAllowedError struct {
	File string // the list stands in it, under plugins.dirs
	Err  error
}

// Error names plugin, reason and file.
func (e *NotAllowedError) Error() string { return e.Err.Error() + " in " + e.File }

// Unwrap is the ErrNotAllowed.
func (e *NotAllowedError) Unwrap() error { return e.Err }

// Pool starts plugins. A nil *Pool allows none. It is safe for concurrent use.
type Pool struct {
	cfg   Config
	slots chan struct{}

	waiting, started, timedOut, refused, starved atomic.Uint64
}

// Stats is what a pool did since it was made.
type Stats struct {
	Running  int    // now
	Waiting  uint64 // for a place, now
	Started  uint64
	TimedOut uint64 // of them: their time ran out
	Refused  uint64 // not allowed, missing or not executable
	Starved  uint64 // runs given up because no place became free
}

// NewPool makes a pool; cfg is valid.
func NewPool(cfg Config) *Pool {
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = DefaultConcurrency
	}
	return &Pool{cfg: cfg, slots: make(chan struct{}, cfg.Concurrency)}
}

// Stats is a copy; its values may be of slightly different moments.
func (p *Pool) Stats() Stats {
	if p == nil {
		return Stats{}
	}
	return Stats{
		Running: len(p.slots), Waiting: p.waiting.Load(), Started: p.started.Load(),
		TimedOut: p.timedOut.Load(), Refused: p.refused.Load(), Starved: p.starved.Load(),
	}
}

// User is the value of a macro such as USER1; ok is false when there is none.
// The error is a secret's file that cannot be read, or on a probe says which
// file has no such value.
func (p *Pool) User(name string) (value string, ok bool, err error) {
	if p == nil {
		return "", false, nil
	}
	if s, isSecret := p.cfg.Secrets[name]; isSecret {
		value, err = s.Read()
		return value, true, err
	}
	value, ok = p.cfg.Users[name]
	if !ok && p.cfg.File != "" {
		err = fmt.Errorf("macro $%s$ has no value: name it under plugins.users in %s on this host", name, p.cfg.File)
	}
	return value, ok, err
}

// Find is the file of a plugin: a name is looked up in the allowed folders, a
// path must lie below one of them, also after its symbolic links are followed.
// The errors are ErrNotAllowed, ErrMissing and ErrNotExecutable.
func (p *Pool) Find(name string) (string, error) {
	path, err := p.find(name)
	if err == nil || p == nil {
		return path, err
	}
	p.refused.Add(1)
	if p.cfg.File != "" && errors.Is(err, ErrNotAllowed) {
		err = &NotAllowedError{p.cfg.File, err}
	}
	return path, err
}

func (p *Pool) find(name string) (string, error) {
	if p == nil || len(p.cfg.Dirs) == 0 {
		return "", fmt.Errorf("%s: %w (it allows none)", name, ErrNotAllowed)
	}
	candidates := []string{filepath.Clean(name)}
	if !strings.Contains(name, "/") {
		candidates = candidates[:0]
		for _, dir := range p.cfg.Dirs {
			candidates = append(candidates, filepath.Join(dir, name))
		}
	}
	err := fmt.Errorf("%s: %w", name, ErrMissing)
	for _, path := range candidates {
		if bad := p.usable(path); bad == nil {
			return path, nil
		} else if !errors.Is(bad, ErrMissing) {
			err = bad
		}
	}
	return "", err
}

// usable says whether one file may run and can.
func (p *Pool) usable(path string) error {
	if !p.below(path, filepath.Clean) {
		return fmt.Errorf("%s: %w", path, ErrNotAllowed)
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, ErrMissing)
	}
	if err != nil {
		return err
	}
	if info.IsDir() || info.Mode()&0o111 == 0 {
		return fmt.Errorf("%s: %w", path, ErrNotExecutable)
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if target != path && !p.below(target, real) {
		return fmt.Errorf("%s is a link to %s: %w", path, target, ErrNotAllowed)
	}
	return nil
}

// real is a folder without symbolic links; an unreadable one stays as it is.
func real(dir string) string {
	if r, err := filepath.EvalSymlinks(dir); err == nil {
		return r
	}
	return dir
}

func (p *Pool) below(path string, norm func(string) string) bool {
	for _, dir := range p.cfg.Dirs {
		if strings.HasPrefix(path, norm(dir)+"/") {
			return true
		}
	}
	return false
}

// Run waits for a place and runs a plugin that Find found; it returns when ctx
// ends at the latest, for which the plugin is ended a little earlier. The error
// says that it was not started: ErrBusy, ErrEnvironment, or the system's.
func (p *Pool) Run(ctx context.Context, c runner.Command) (runner.Result, error) {
	if p.cfg.File != "" && !slices.Equal(c.Env, Environment()) {
		p.refused.Add(1)
		return runner.Result{}, ErrEnvironment
	}
	p.waiting.Add(1)
	select {
	case p.slots <- struct{}{}:
		p.waiting.Add(^uint64(0))
	case <-ctx.Done():
		p.waiting.Add(^uint64(0))
		p.starved.Add(1)
		return runner.Result{}, ErrBusy
	}
	defer func() { <-p.slots }()
	c.Timeout, c.Grace = spans(ctx)
	p.started.Add(1)
	r, err := runner.Run(ctx, c)
	if r.TimedOut {
		p.timedOut.Add(1)
	}
	return r, err
}

// spans divides the time that is left: a tenth of it, at most a second, is for
// the plugin to end by itself after SIGTERM.
func spans(ctx context.Context) (timeout, grace time.Duration) {
	end, ok := ctx.Deadline()
	if !ok {
		return time.Minute, time.Second
	}
	left := time.Until(end)
	grace = max(min(left/10, time.Second), time.Millisecond)
	return max(left-grace, time.Millisecond), grace
}
