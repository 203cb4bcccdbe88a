package vip

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/runner"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "vip", Summary: "takes a virtual address and tells the neighbours, or gives it up", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Action adds or removes one address.
type Action struct {
	cfg    Config
	deps   failover.Deps
	prefix netip.Prefix
}

// New makes the action; cfg is valid.
func New(cfg Config, deps failover.Deps) *Action {
	return &Action{cfg: cfg, deps: deps, prefix: netip.MustParsePrefix(cfg.Address)}
}

// Resource is the address.
func (a *Action) Resource() string { return "vip " + a.prefix.Addr().String() }

func (a *Action) verb(r failover.Request) Verb {
	if r.Undo {
		return a.cfg.Do.inverse()
	}
	return a.cfg.Do
}

// Premises looks whether the interface is up and, before the address is taken,
// whether anybody on the wire answers for it.
func (a *Action) Premises(ctx context.Context, r failover.Request) ([]failover.Premise, error) {
	list := []failover.Premise{a.deps.ProgramPremise(a.cfg.IP)}
	name := text.Str("interface", a.cfg.Interface)
	iface, err := net.InterfaceByName(a.cfg.Interface)
	if err != nil {
		return append(list, a.deps.Premise("interface-up", false, text.M("vip.no_interface", name))), nil
	}
	up := iface.Flags&net.FlagUp != 0 && iface.Flags&net.FlagRunning != 0
	state := text.M("vip.up", name)
	if !up {
		state = text.M("vip.down", name)
	}
	if list = append(list, a.deps.Premise("interface-up", up || a.verb(r) == Remove, state)); !up || a.verb(r) == Remove {
		return list, nil
	}
	who, err := holder(ctx, a.cfg.Interface, a.prefix.Addr())
	if err != nil {
		return list, err
	}
	found := text.M("vip.free", text.Str("address", a.prefix.Addr().String()), name)
	if who != "" {
		found = text.M("vip.held", text.Str("address", a.prefix.Addr().String()), text.Str("who", who))
	}
	return append(list, a.deps.Premise("address-free", who == "", found)), nil
}

// Do adds or removes the address.
func (a *Action) Do(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do)
}

// Undo does the opposite.
func (a *Action) Undo(ctx context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.carry(ctx, a.cfg.Do.inverse())
}

func (a *Action) carry(ctx context.Context, v Verb) (failover.Outcome, error) {
	began := time.Now()
	out, err := a.change(ctx, v)
	if err != nil {
		return out, err
	}
	here, err := a.here()
	switch {
	case err != nil:
		return out, failover.Unknown{Err: fmt.Errorf("look whether it is there: %w", err)}
	case here != (v == Add):
		return out, fmt.Errorf("ip ended well, and %s on %s is not as it should be (does something else manage the interface?)", a.cfg.Address, a.cfg.Interface)
	}
	out.Detail = text.M("vip.removed", text.Str("address", a.cfg.Address), text.Str("interface", a.cfg.Interface))
	if v == Add {
		if err := announce(ctx, a.cfg.Interface, a.prefix.Addr(), a.cfg.Announcements); err != nil {
			return out, fmt.Errorf("%s is on %s, and the neighbours were not told: %w", a.cfg.Address, a.cfg.Interface, err)
		}
		out.Detail = text.M("vip.added", text.Str("address", a.cfg.Address), text.Str("interface", a.cfg.Interface), text.Int("n", a.cfg.Announcements))
	}
	out.Verified, out.Took = true, time.Since(began)
	return out, nil
}

// change lets ip(8) do it, unless it is so already. We have asked the wire, so
// the kernel need not hold an IPv6 address back for its own look (nodad).
func (a *Action) change(ctx context.Context, v Verb) (failover.Outcome, error) {
	here, err := a.here()
	if err != nil {
		return failover.Outcome{}, fmt.Errorf("not started: %w", err)
	}
	if here == (v == Add) {
		return failover.Outcome{}, nil
	}
	args := []string{"address", "del", a.cfg.Address, "dev", a.cfg.Interface}
	if v == Add {
		args[1] = "add"
		if a.prefix.Addr().Is6() {
			args = append(args, "nodad")
		}
	}
	return a.deps.Carry(ctx, runner.Command{Path: a.cfg.IP, Args: args})
}

// here reports whether the interface has the address.
func (a *Action) here() (bool, error) {
	iface, err := net.InterfaceByName(a.cfg.Interface)
	if err != nil {
		return false, fmt.Errorf("interface %s: %w", a.cfg.Interface, err)
	}
	all, err := iface.Addrs()
	if err != nil {
		return false, fmt.Errorf("addresses of %s: %w", a.cfg.Interface, err)
	}
	for _, one := range all {
		if n, ok := one.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap() == a.prefix.Addr() {
				return true, nil
			}
		}
	}
	return false, nil
}

// Status looks whether the interface has the address.
func (a *Action) Status(context.Context, failover.Request) (failover.Status, error) {
	here, err := a.here()
	switch {
	case err != nil:
		return failover.StatusUnknown, err
	case here == (a.cfg.Do == Add):
		return failover.StatusDone, nil
	}
	return failover.StatusUndone, nil
}
