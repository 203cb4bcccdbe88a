package postgres

import (
	"context"
	_ "embed"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/checks/internal/sqlanswer"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "postgres", Summary: "postgres.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks a PostgreSQL server. It is safe for concurrent runs.
type Check struct{ prober *sqlanswer.Prober }

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	p, err := sqlanswer.NewProber(cfg.Options, deps)
	return &Check{prober: p}, err
}

// Run asks once. The error is a password file that cannot be read.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	return c.prober.Run(ctx, target, func(s *sqlanswer.Session) sqlanswer.Client { return &session{Session: s} })
}

// session is one run.
type session struct {
	*sqlanswer.Session
	tape *netdial.Tape // nil until connected
}

// Said is what the server said last.
func (s *session) Said() []byte {
	if s.tape == nil {
		return nil
	}
	return s.tape.Said()
}

// Lag is how far the standby is behind.
func (s *session) Lag(rows sqlanswer.Rows) (time.Duration, error) { return standbyLag(rows, s.Peer) }
