package ntp

import (
	"context"
	_ "embed"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/beevik/ntp"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "ntp", Summary: "ntp.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Check asks a time server. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	dialer netdial.Dialer
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) *Check {
	return &Check{cfg: cfg, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
}

// Run asks once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	var phases netdial.Phases
	peer := net.JoinHostPort(target.Address, strconv.Itoa(c.cfg.Port))
	answer, said, err := c.ask(ctx, &phases, target.Address, peer)
	if err == nil {
		err = c.judge(answer, peer)
	}
	if err != nil {
		r := netdial.Result(&phases, err)
		r.Evidence = evidence(answer, said)
		return []checks.Result{r}, nil
	}
	phases.End()
	return []checks.Result{c.result(&phases, answer, peer)}, nil
}

// judge says whether the server's time may be believed at all.
func (c *Check) judge(a *ntp.Response, peer string) error {
	bad := func(m text.Message) error {
		return &netdial.Verdict{Reason: checks.ReasonStatus, Summary: m}
	}
	who := text.Str("peer", peer)
	switch {
	case a.Stratum == 0 && a.KissCode != "":
		return bad(text.M("ntp.kiss", who, text.Str("code", strconv.QuoteToASCII(a.KissCode))))
	case a.Leap == ntp.LeapNotInSync || a.Stratum == 0 || a.Stratum > maxStratum:
		return bad(text.M("ntp.unsynchronised", who))
	case int(a.Stratum) > c.cfg.MaxStratum:
		return bad(text.M("ntp.stratum", who, text.Int("stratum", int(a.Stratum)), text.Int("limit", c.cfg.MaxStratum)))
	}
	if err := a.Validate(); err != nil {
		return bad(text.M("ntp.invalid", who, text.Str("detail", err.Error())))
	}
	return nil
}

// maxStratum is the last stratum that means synchronised (RFC 5905, figure 11).
const maxStratum = 15

func (c *Check) result(phases *netdial.Phases, a *ntp.Response, peer string) checks.Result {
	off := a.ClockOffset.Abs()
	r := checks.Result{
		State: checks.Judge(off.Seconds(), c.cfg.Warning, c.cfg.Critical), Phases: phases.Seal(),
		Perf: []checks.Perf{
			{Label: "offset", Value: a.ClockOffset.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
			{Label: "stratum", Value: float64(a.Stratum)},
			{Label: "rtt", Value: a.RTT.Seconds(), Unit: checks.UnitSeconds},
			{Label: "root_distance", Value: a.RootDistance.Seconds(), Unit: checks.UnitSeconds},
		},
		Summary: text.M("ntp.ok", text.Str("peer", peer), text.Dur("offset", off), text.Int("stratum", int(a.Stratum))),
	}
	if r.State != checks.OK {
		r.Reason, r.Evidence = checks.ReasonThreshold, evidence(a, nil)
		r.Summary = text.M("ntp.off", text.Str("peer", peer), text.Dur("offset", off))
	}
	return r
}

// evidence is the answer in words, or the bytes that were none.
func evidence(a *ntp.Response, said []byte) []byte {
	if a == nil {
		return netdial.Evidence(said)
	}
	return []byte(fmt.Sprintf("leap %d\nstratum %d\nreference %08x\nreference time %s\noffset %s\nrtt %s\nroot delay %s\nroot dispersion %s\n",
		a.Leap, a.Stratum, a.ReferenceID, a.ReferenceTime.UTC().Format(time.RFC3339), a.ClockOffset, a.RTT, a.RootDelay, a.RootDispersion))
}
