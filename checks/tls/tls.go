package tls

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/checks/internal/netdial"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "tls", Summary: "tls.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

const startNone = "none"

// starts are the ways to begin TLS.
func starts() map[string]func(context.Context, *dialogue.Session) error {
	const mode = dialogue.ModeStartTLS
	return map[string]func(context.Context, *dialogue.Session) error{
		startNone: func(ctx context.Context, s *dialogue.Session) error { return s.Handshake(ctx) },
		"smtp": func(ctx context.Context, s *dialogue.Session) error {
			_, err := dialogue.OpenSMTP(ctx, s, mode, "", "")
			s.Bye("QUIT")
			return err
		},
		"pop3": func(ctx context.Context, s *dialogue.Session) error {
			_, err := dialogue.OpenPOP3(ctx, s, mode, "")
			s.Bye("QUIT")
			return err
		},
		"imap": func(ctx context.Context, s *dialogue.Session) error {
			_, err := dialogue.OpenIMAP(ctx, s, mode, "")
			s.Bye("z LOGOUT")
			return err
		},
		"ftp": func(ctx context.Context, s *dialogue.Session) error {
			_, err := dialogue.OpenFTP(ctx, s, mode, "")
			s.Bye("QUIT")
			return err
		},
		"nntp": func(ctx context.Context, s *dialogue.Session) error {
			_, err := dialogue.OpenNNTP(ctx, s, mode, "")
			s.Bye("QUIT")
			return err
		},
	}
}

// Check asks for certificates. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	now    func() time.Time
	dialer netdial.Dialer
	tls    *tls.Config
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	conf, err := netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	if err != nil {
		return nil, err
	}
	conf.Time = deps.Now
	return &Check{
		cfg: cfg, now: deps.Now, tls: conf,
		dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family},
	}, nil
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	s, err := c.ask(ctx, &phases, target.Address)
	if err != nil {
		return []checks.Result{dialogue.Failure(&phases, s, err)}, nil
	}
	return []checks.Result{c.judge(s.Peer, s.TLS(), phases.Seal(), time.Since(start))}, nil
}

// ask connects and speaks TLS. The session is nil when there was no connection.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host string) (*dialogue.Session, error) {
	conn, err := c.dialer.Connect(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer dialogue.Guard(ctx, conn)()
	conf := c.tls.Clone()
	if conf.ServerName == "" {
		conf.ServerName = host
	}
	s := dialogue.NewSession(phases, conn, net.JoinHostPort(host, strconv.Itoa(c.cfg.Port)), conf)
	return s, starts()[c.cfg.StartTLS](ctx, s)
}
