package gateway

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/icmp"
	"monitord/internal/procfs"
	"monitord/internal/text"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "gateway", Summary: "gateway.type", Sample: sample, Local: true,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// routeFile lists the routes of this network namespace.
const routeFile = "/proc/net/route"

// Check asks the gateway. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	pinger icmp.Pinger
	routes string // routeFile
	arp    func(ctx context.Context, r arpRequest) (time.Duration, error)
}

// New builds the check; cfg is valid.
func New(cfg Config, deps checks.Deps) *Check {
	c := &Check{cfg: cfg, pinger: deps.Pinger, routes: routeFile, arp: askARP}
	if c.pinger == nil {
		c.pinger = icmp.Direct{}
	}
	return c
}

// errSilent says that nothing answered.
var errSilent = errors.New("no answer")

// Run asks once, each way in turn until one is answered.
func (c *Check) Run(ctx context.Context, _ checks.Target) ([]checks.Result, error) {
	addr, iface, err := c.find()
	if err != nil {
		return nil, err
	}
	if !addr.IsValid() {
		return []checks.Result{{State: checks.Critical, Reason: checks.ReasonConnect, Summary: text.M("gateway.none")}}, nil
	}
	var phases netdial.Phases
	var failures []failure
	for _, how := range c.cfg.Ask {
		if how == AskARP && !addr.Is4() {
			continue
		}
		phases.Begin(how)
		took, err := c.ask(ctx, how, addr, iface)
		if err == nil {
			return []checks.Result{answered(addr, how, took, phases.Seal())}, nil
		}
		failures = append(failures, failure{how, err})
	}
	r, err := judge(addr, failures)
	r.Phases = phases.Seal()
	return []checks.Result{r}, err
}

// find is the gateway and the interface to it; an invalid address when there
// is no default route.
func (c *Check) find() (addr netip.Addr, iface string, err error) {
	if c.cfg.Address != "" {
		addr, err := netip.ParseAddr(c.cfg.Address)
		return addr.Unmap(), c.cfg.Interface, err
	}
	b, err := os.ReadFile(c.routes)
	if err != nil {
		return netip.Addr{}, "", fmt.Errorf("find default route: %w", err)
	}
	route, ok := procfs.DefaultGateway(procfs.ParseRoutes(b), c.cfg.Interface)
	if !ok {
		return netip.Addr{}, "", nil
	}
	return route.Gateway, route.Iface, nil
}

// ask asks one way; the error is errSilent, or why it could not be asked.
func (c *Check) ask(ctx context.Context, how string, addr netip.Addr, iface string) (time.Duration, error) {
	if how == AskARP {
		return c.arp(ctx, arpRequest{addr: addr, iface: iface, count: c.cfg.Count, wait: c.cfg.Wait})
	}
	if iface != "" && addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "" {
		addr = addr.WithZone(iface)
	}
	report, err := c.pinger.Ping(ctx, icmp.Request{Addr: addr, Count: c.cfg.Count, Interval: c.cfg.PacketInterval, Wait: c.cfg.Wait, Size: 56})
	switch {
	case err != nil:
		return 0, err
	case len(report.RTTs) > 0:
		return slices.Min(report.RTTs), nil
	case report.SendErr != nil:
		return 0, fmt.Errorf("%w: %w", errSilent, report.SendErr)
	}
	return 0, errSilent
}

// answered is the result of a gateway that is there.
func answered(addr netip.Addr, how string, took time.Duration, phases []checks.Phase) checks.Result {
	r := checks.Result{
		State: checks.OK, Phases: phases,
		Perf:    []checks.Perf{{Label: "rtt", Value: took.Seconds(), Unit: checks.UnitSeconds}},
		Summary: text.M("gateway.ping", text.Str("address", addr.String()), text.Dur("rtt", took)),
	}
	if how == AskARP {
		r.Summary = text.M("gateway.arp", text.Str("address", addr.String()), text.Dur("rtt", took))
	}
	return r
}

// failure is one way that did not help.
type failure struct {
	how string
	err error
}

// judge makes the result when no way was answered. What was asked in vain counts
// more than what could not be asked.
func judge(addr netip.Addr, failures []failure) (checks.Result, error) {
	address := text.Str("address", addr.String())
	permitted := slices.DeleteFunc(slices.Clone(failures), func(f failure) bool {
		return errors.Is(f.err, icmp.ErrPermission) || errors.Is(f.err, errARPPermission)
	})
	if len(permitted) == 0 {
		return checks.Result{State: checks.Unknown, Reason: checks.ReasonPermission, Summary: text.M("gateway.permission", address)}, nil
	}
	for _, f := range permitted {
		if f.err == errSilent {
			return checks.Result{State: checks.Critical, Reason: checks.ReasonTimeout, Summary: text.M("gateway.silent", address)}, nil
		}
	}
	for _, f := range permitted {
		if errors.Is(f.err, errSilent) {
			r := checks.Result{State: checks.Critical, Reason: checks.ReasonConnect}
			r.Summary = text.M("gateway.unreachable", address, text.Str("detail", f.err.Error()))
			return r, nil
		}
	}
	return checks.Result{}, permitted[0].err
}
