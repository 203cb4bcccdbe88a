package sip

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "sip", Summary: "sip.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks a SIP server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
	tls    *tls.Config // nil without TLS
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	if cfg.Transport == TransportTLS {
		c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	}
	return c, err
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	s := &session{check: c, host: target.Address, peer: net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.port()))}
	start := time.Now()
	got, err := s.ask(ctx)
	took := time.Since(start)
	if err == nil {
		s.phases.End()
		err = c.judge(got, s.peer)
	}
	if err != nil {
		r := netdial.Result(&s.phases, err)
		r.Evidence = netdial.Evidence(s.said)
		return []checks.Result{r}, nil
	}
	return []checks.Result{c.result(s, got, took)}, nil
}

// status is code and phrase in a sentence.
func status(got response) text.Arg {
	phrase := got.phrase
	if len(phrase) > 80 {
		phrase = strings.ToValidUTF8(phrase[:80], "") + "…"
	}
	return text.Str("status", strings.TrimSpace(strconv.Itoa(got.code)+" "+phrase))
}

// judge holds the status against the wanted ones.
func (c *Check) judge(got response, peer string) error {
	if c.cfg.wants(got.code) {
		return nil
	}
	reason := checks.ReasonStatus
	if got.code == 401 || got.code == 403 || got.code == 407 {
		reason = checks.ReasonAuth
	}
	return &netdial.Verdict{Reason: reason, Summary: text.M("sip.status", text.Str("peer", peer), status(got), text.Str("want", strings.Join(c.cfg.Status, ", ")))}
}

func (c *Check) result(s *session, got response, took time.Duration) checks.Result {
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: s.phases.Seal(),
		Perf: []checks.Perf{
			netdial.TimePerf(took, c.cfg.Warning, c.cfg.Critical),
			{Label: "status", Value: float64(got.code)},
		},
		Summary: text.M("sip.ok", text.Str("peer", s.peer), status(got), text.Dur("took", took)),
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, netdial.Evidence(s.said)
		r.Summary = text.M("sip.slow", text.Str("peer", s.peer), text.Dur("took", took))
	}
	return r
}
