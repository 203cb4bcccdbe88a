package ping

import (
	"context"
	_ "embed"
	"errors"
	"slices"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/icmp"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "ping", Summary: "ping.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check pings a host. It is safe for concurrent runs.
type Check struct {
	cfg      Config
	resolver checks.Resolver
	pinger   icmp.Pinger
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, resolver: deps.Resolver, pinger: deps.Pinger}
	if c.pinger == nil {
		c.pinger = icmp.Direct{}
	}
	return c, nil
}

// phaseEcho is waiting for replies.
const phaseEcho = "echo"

// Run pings once.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	var phases netdial.Phases
	phases.Begin(netdial.PhaseDNS)
	addrs, err := netdial.Resolve(ctx, c.resolver, c.cfg.Family, target.Address)
	if err != nil {
		r := netdial.Result(&phases, &netdial.Error{Phase: netdial.PhaseDNS, Peer: target.Address, Err: err})
		return []checks.Result{r}, nil
	}
	phases.Begin(phaseEcho)
	report, err := c.pinger.Ping(ctx, icmp.Request{
		Addr: addrs[0], Count: c.cfg.Count, Interval: c.cfg.PacketInterval, Wait: c.cfg.Wait, Size: c.cfg.Size,
	})
	switch {
	case errors.Is(err, icmp.ErrPermission):
		return []checks.Result{{
			State: checks.Unknown, Reason: checks.ReasonPermission,
			Summary: text.M("ping.permission"), Phases: phases.Seal(),
		}}, nil
	case err != nil:
		return nil, err
	}
	r := c.judge(target.Address, report)
	r.Phases = phases.Seal()
	return []checks.Result{r}, nil
}

// judge makes the result of a report.
func (c *Check) judge(address string, report icmp.Report) checks.Result {
	loss := 1.0
	if report.Sent > 0 {
		loss = 1 - float64(len(report.RTTs))/float64(report.Sent)
	}
	perf := []checks.Perf{{
		Label: "loss", Value: loss, Unit: checks.UnitRatio,
		Warn: c.cfg.LossWarning.AsRange(), Crit: c.cfg.LossCritical.AsRange(),
	}}
	state := checks.Judge(loss, c.cfg.LossWarning, c.cfg.LossCritical)
	if len(report.RTTs) == 0 {
		r := checks.Result{State: state, Perf: perf, Reason: checks.ReasonTimeout, Summary: text.M("ping.none", text.Str("address", address), text.Int("sent", report.Sent))}
		if report.SendErr != nil {
			r.Reason = checks.ReasonConnect
			r.Summary = text.M("ping.unreachable", text.Str("address", address), text.Str("detail", report.SendErr.Error()))
		}
		return r
	}
	mean := mean(report.RTTs)
	if rtt := checks.Judge(mean.Seconds(), c.cfg.RTTWarning, c.cfg.RTTCritical); rtt.Worse(state) {
		state = rtt
	}
	r := checks.Result{
		State:   state,
		Summary: text.M("ping.ok", text.Str("address", address), text.Dur("rtt", mean), text.Ratio("loss", loss)),
		Perf: append([]checks.Perf{
			{Label: "rtt", Value: mean.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.RTTWarning.AsRange(), Crit: c.cfg.RTTCritical.AsRange()},
			{Label: "rtt_min", Value: slices.Min(report.RTTs).Seconds(), Unit: checks.UnitSeconds},
			{Label: "rtt_max", Value: slices.Max(report.RTTs).Seconds(), Unit: checks.UnitSeconds},
		}, perf...),
	}
	if state != checks.OK {
		r.Reason = checks.ReasonThreshold
	}
	return r
}

func mean(rtts []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range rtts {
		sum += d
	}
	return sum / time.Duration(len(rtts))
}
