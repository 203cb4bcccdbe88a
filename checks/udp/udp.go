package udp

import (
	"context"
	_ "embed"
	"encoding/hex"
	"errors"
	"net"
	"regexp"
	"strconv"
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
		Name: "udp", Summary: "udp.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks a UDP port. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	packet []byte
	dialer netdial.Dialer
	expect *regexp.Regexp
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	pattern := cfg.ExpectRegexp
	if cfg.Expect != "" {
		pattern = regexp.QuoteMeta(cfg.Expect)
	}
	expect, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	packet := []byte(cfg.Send)
	if cfg.SendHex != "" {
		if packet, err = hex.DecodeString(cfg.SendHex); err != nil {
			return nil, err
		}
	}
	return &Check{cfg: cfg, packet: packet, expect: expect, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}, nil
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	start := time.Now()
	var phases netdial.Phases
	peer := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	said, err := c.ask(ctx, &phases, target.Address, peer)
	if err != nil {
		r := netdial.Result(&phases, err)
		r.Evidence = netdial.Evidence(said)
		return []checks.Result{r}, nil
	}
	phases.End()
	took := time.Since(start)
	r := checks.Result{
		State: checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases.Seal(),
		Perf:    []checks.Perf{netdial.TimePerf(took, c.cfg.Warning, c.cfg.Critical)},
		Summary: text.M("udp.ok", text.Str("peer", peer), text.Dur("took", took)),
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, netdial.Evidence(said)
		r.Summary = text.M("udp.slow", text.Str("peer", peer), text.Dur("took", took))
	}
	return []checks.Result{r}, nil
}

// ask returns the packet that has the expected words, or the last one without.
// Packets without them are waited past: they may belong to an earlier question.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host, peer string) ([]byte, error) {
	conn, err := c.dialer.ConnectUDP(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	phases.Begin(netdial.PhaseQuery)
	said, err := netdial.Question{Packet: c.packet, Tries: c.cfg.Tries, Answers: c.expect.Match}.Ask(ctx, conn, netdial.PhaseQuery, peer)
	if v, ok := errors.AsType[*netdial.Verdict](err); ok && v.Reason == checks.ReasonProtocol {
		// Here any packet is in the protocol; only its words are wrong.
		err = &netdial.Verdict{Reason: checks.ReasonContent, Summary: text.M("udp.content", text.Str("peer", peer), text.Str("want", c.cfg.Expect+c.cfg.ExpectRegexp))}
	}
	return said, err
}
