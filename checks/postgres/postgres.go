package postgres

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"strconv"
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
type Check struct {
	cfg    Config
	dialer netdial.Dialer
	tls    *tls.Config // nil without TLS
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	if cfg.TLS {
		c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	}
	return c, err
}

// Run asks once. The error is a password file that cannot be read.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	password := ""
	if !c.cfg.Password.IsZero() {
		var err error
		if password, err = c.cfg.Password.Read(); err != nil {
			return nil, err
		}
	}
	s := &session{check: c, host: target.Address, peer: net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))}
	return []checks.Result{s.run(ctx, password)}, nil
}

// session is one run.
type session struct {
	check      *Check
	host, peer string
	phases     netdial.Phases
	tape       *netdial.Tape // nil until connected
}

func (s *session) run(ctx context.Context, password string) checks.Result {
	start := time.Now()
	query := s.check.cfg.Query
	if s.check.cfg.Replication {
		query = standbyQuery
	}
	rows, err := s.ask(ctx, password, query)
	took := time.Since(start)
	if err != nil {
		r := netdial.Result(&s.phases, s.explain(err))
		if s.tape != nil {
			r.Evidence = s.tape.Said()
		}
		return r
	}
	if !s.check.cfg.Replication {
		return s.check.cfg.want().Answered(&s.phases, rows, s.peer, took, s.check.cfg.limits())
	}
	lag, err := standbyLag(rows, s.peer)
	if err != nil {
		r := netdial.Result(&s.phases, err)
		r.Evidence = rows.Evidence()
		return r
	}
	return sqlanswer.Lagging(&s.phases, rows, s.peer, lag, took, s.check.cfg.limits())
}
