package dialogue

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// Prober asks a service as Options say. It is safe for concurrent runs.
type Prober struct {
	opts   Options
	ports  Ports
	dialer netdial.Dialer
	tls    *tls.Config
	now    func() time.Time
}

// NewProber builds a prober; o is valid. The error is a CA file that cannot be read.
func NewProber(o Options, ports Ports, deps checks.Deps) (*Prober, error) {
	cfg, err := netdial.TLS{Verify: o.Verify, CAFile: o.CAFile, ServerName: o.ServerName}.Config("")
	if err != nil {
		return nil, err
	}
	return &Prober{
		opts: o, ports: ports, tls: cfg, now: deps.Now,
		dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: o.Family},
	}, nil
}

// Talk is what one check says to the service on a fresh connection. An error is
// a *Refusal or a failure of the connection.
type Talk func(ctx context.Context, s *Session, login Login) error

// Run connects, talks and judges. The error is a password that cannot be read.
func (p *Prober) Run(ctx context.Context, target checks.Target, talk Talk) ([]checks.Result, error) {
	login, err := p.Login()
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var phases netdial.Phases
	s, err := p.Visit(ctx, &phases, target.Address, func(ctx context.Context, s *Session) error { return talk(ctx, s, login) }, login.Password)
	if err != nil {
		return []checks.Result{Failure(&phases, s, err)}, nil
	}
	return []checks.Result{p.judge(s, phases.Seal(), time.Since(start))}, nil
}

// Login is who we are; the error names the file of the password.
func (p *Prober) Login() (Login, error) { return p.opts.login() }

// Visit opens a connection, lets talk use it, and closes it. The session, nil
// when there was no connection, holds what the peer said.
func (p *Prober) Visit(ctx context.Context, phases *netdial.Phases, host string, talk func(context.Context, *Session) error, secrets ...string) (*Session, error) {
	port := p.opts.port(p.ports)
	conn, err := p.dialer.Connect(ctx, phases, host, port)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer Guard(ctx, conn)()
	cfg := p.tls.Clone()
	cfg.ClientSessionCache = tls.NewLRUClientSessionCache(1) // this run's own, for FTP's second connection
	if cfg.ServerName == "" {
		cfg.ServerName = host
	}
	s := NewSession(phases, conn, net.JoinHostPort(host, strconv.Itoa(port)), cfg)
	for _, secret := range secrets {
		s.Hide(secret)
	}
	if p.opts.TLS == ModeImplicit {
		if err := s.Handshake(ctx); err != nil {
			return s, err
		}
	}
	if err := talk(ctx, s); err != nil {
		return s, err
	}
	s.Close() // with TLS's own goodbye, which some servers miss in their logs
	return s, nil
}

// Failure turns what Visit returned into a result; s may be nil.
func Failure(phases *netdial.Phases, s *Session, err error) checks.Result {
	var r checks.Result
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		r = checks.Result{State: checks.Critical, Reason: refusal.Reason, Summary: refusal.Summary, Phases: phases.Seal()}
	} else {
		r = netdial.Result(phases, err)
	}
	if chain := refusedChain(err); chain != nil {
		r.Evidence = DescribeChain(chain)
	} else if s != nil {
		r.Evidence = s.Evidence()
	}
	return r
}

// judge makes the result of a talk that went well: certificate, then time.
func (p *Prober) judge(s *Session, phases []checks.Phase, took time.Duration) checks.Result {
	r := checks.Result{
		State: checks.Judge(took.Seconds(), p.opts.Warning, p.opts.Critical), Phases: phases,
		Perf: []checks.Perf{{
			Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds,
			Warn: p.opts.Warning.AsRange(), Crit: p.opts.Critical.AsRange(),
		}},
		Summary: text.M("dialogue.ok", text.Str("peer", s.Peer), text.Dur("took", took), text.Str("words", s.greeting)),
	}
	if r.State != checks.OK {
		r.Reason, r.Summary = checks.ReasonThreshold, text.M("dialogue.slow", text.Str("peer", s.Peer), text.Dur("took", took))
	}
	evidence, cert := s.Evidence, certificateOf(s.state)
	limits := CertLimits{Warning: p.opts.CertWarning, Critical: p.opts.CertCritical}
	if state := limits.judge(cert, p.now()); state.Worse(r.State) {
		r.State, r.Reason, r.Summary = state, checks.ReasonTLS, cert.message(s.Peer, p.now())
		evidence = func() []byte { return DescribeChain(s.state.PeerCertificates) }
	}
	if cert.known() {
		r.Perf = append(r.Perf, cert.perf(p.now()))
	}
	r.Perf = append(r.Perf, s.perf...)
	if r.State != checks.OK {
		r.Evidence = evidence()
	}
	return r
}
