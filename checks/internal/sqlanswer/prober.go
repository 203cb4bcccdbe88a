package sqlanswer

import (
	"context"
	"crypto/tls"
	"net"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
)

// Prober asks one kind of database as its options say. It is safe for concurrent
// runs.
type Prober struct {
	Options Options
	Dialer  netdial.Dialer
	TLS     *tls.Config // nil without TLS
}

// NewProber builds a prober; o is valid. The error is a CA file that cannot be
// read.
func NewProber(o Options, deps checks.Deps) (*Prober, error) {
	p := &Prober{Options: o, Dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: o.Family}}
	var err error
	if o.TLS {
		p.TLS, err = netdial.TLS{Verify: o.Verify, CAFile: o.CAFile, ServerName: o.ServerName}.Config("")
	}
	return p, err
}

// Session is one run.
type Session struct {
	*Prober
	Host, Peer string
	Phases     netdial.Phases
}

// Client speaks the protocol of one kind of database, in one session.
type Client interface {
	// Ask logs in and asks the question of the options, or that after the
	// replication.
	Ask(ctx context.Context, password string) (Rows, error)
	// Explain turns an error of Ask into one that netdial can judge.
	Explain(err error) error
	// Said is what the server said last; nil before it was reached.
	Said() []byte
	// Lag reads the answer about the replication.
	Lag(rows Rows) (time.Duration, error)
}

// Run asks once; begin makes the client of the session. The error is a password
// file that cannot be read.
func (p *Prober) Run(ctx context.Context, target checks.Target, begin func(*Session) Client) ([]checks.Result, error) {
	password := ""
	if !p.Options.Password.IsZero() {
		var err error
		if password, err = p.Options.Password.Read(); err != nil {
			return nil, err
		}
	}
	s := &Session{Prober: p, Host: target.Address, Peer: net.JoinHostPort(target.Address, strconv.Itoa(p.Options.Port))}
	return []checks.Result{s.run(ctx, password, begin(s))}, nil
}

func (s *Session) run(ctx context.Context, password string, c Client) checks.Result {
	start := time.Now()
	rows, err := c.Ask(ctx, password)
	took := time.Since(start)
	if err != nil {
		r := netdial.Result(&s.Phases, c.Explain(err))
		if said := c.Said(); said != nil {
			r.Evidence = said
		}
		return r
	}
	if !s.Options.Replication {
		return s.Options.want().Answered(&s.Phases, rows, s.Peer, took, s.Options.limits())
	}
	lag, err := c.Lag(rows)
	if err != nil {
		r := netdial.Result(&s.Phases, err)
		r.Evidence = rows.Evidence()
		return r
	}
	return Lagging(&s.Phases, rows, s.Peer, lag, took, s.Options.limits())
}
