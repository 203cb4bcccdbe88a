package radius

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"strconv"
	"time"

	"layeh.com/radius"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "radius", Summary: "radius.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Check asks a RADIUS server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) *Check {
	return &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
}

// tries is how often the same request is sent; a server knows it again by its
// identifier and authenticator.
const tries = 3

// Run asks once. The error is a secret that cannot be read or carried.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	secret, err := c.cfg.Secret.Read()
	if err != nil {
		return nil, err
	}
	password, err := c.cfg.Password.Read()
	if err != nil {
		return nil, err
	}
	packet, err := request(secret, c.cfg.Username, password, c.cfg.NASIdentifier)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	var phases netdial.Phases
	peer := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	said, err := c.ask(ctx, &phases, target.Address, peer, packet, secret)
	took := time.Since(start)
	if err == nil {
		phases.End()
		err = c.judge(said, peer)
	}
	if err != nil {
		r := netdial.Result(&phases, err)
		r.Evidence = netdial.Evidence(words(said))
		return []checks.Result{r}, nil
	}
	return []checks.Result{c.result(&phases, said, peer, took)}, nil
}

func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host, peer string, packet []byte, secret string) ([]byte, error) {
	conn, err := c.dialer.ConnectUDP(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	phases.Begin(netdial.PhaseQuery)
	said, err := netdial.Question{Packet: packet, Tries: tries, Answers: func(p []byte) bool {
		return signed(p, packet, secret)
	}}.Ask(ctx, conn, netdial.PhaseQuery, peer)
	if _, junk := errors.AsType[*netdial.Verdict](err); junk && concerns(said, packet) {
		err = &netdial.Verdict{Reason: checks.ReasonAuth, Summary: text.M("radius.secret", text.Str("peer", peer))}
	}
	return said, err
}

// judge holds the answer against the wanted one.
func (c *Check) judge(said []byte, peer string) error {
	got := radius.Code(said[0])
	if c.cfg.Expect == ExpectAny || names[got] == c.cfg.Expect {
		return nil
	}
	v := &netdial.Verdict{Reason: checks.ReasonStatus, Summary: text.M("radius.other",
		text.Str("peer", peer), text.Str("got", got.String()), text.Str("want", c.cfg.Expect))}
	if got == radius.CodeAccessReject {
		v.Reason, v.Summary = checks.ReasonAuth, text.M("radius.reject", text.Str("peer", peer), text.Str("user", c.cfg.Username))
	}
	return v
}

func (c *Check) result(phases *netdial.Phases, said []byte, peer string, took time.Duration) checks.Result {
	got := radius.Code(said[0]).String()
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases.Seal(),
		Perf:    []checks.Perf{netdial.TimePerf(took, c.cfg.Warning, c.cfg.Critical)},
		Summary: text.M("radius.ok", text.Str("peer", peer), text.Str("got", got), text.Dur("took", took)),
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, netdial.Evidence(words(said))
		r.Summary = text.M("radius.slow", text.Str("peer", peer), text.Dur("took", took))
	}
	return r
}
