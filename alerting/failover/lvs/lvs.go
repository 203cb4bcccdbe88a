package lvs

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name:    "lvs",
		Summary: "takes a dead real server out of a virtual service (ipvsadm), and puts it back",
		Sample:  Sample,
		Config:  func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Action changes the real servers of one virtual service.
type Action struct {
	config Config
	deps   failover.Deps
	memory failover.Memory
}

// New makes the action; config is valid.
func New(config Config, deps failover.Deps) *Action {
	return &Action{config: config, deps: deps, memory: failover.Memory{Dir: deps.Dir}}
}

// Resource is the virtual service.
func (a *Action) Resource() string { return "lvs " + a.config.Service.String() }

// out is what the action remembers about a host: the entries as they were.
type out struct {
	Request string  `json:"request"`
	Service string  `json:"service"`
	Entries []entry `json:"entries"`
	At      int64   `json:"at"`   // Unix seconds
	Done    bool    `json:"done"` // false from just before the change until it is verified
}

func (a *Action) recall(host string) (*out, error) {
	var o out
	ok, err := a.memory.Load(host, &o)
	if err != nil || !ok {
		return nil, err
	}
	if o.Service != a.config.Service.String() {
		return nil, fmt.Errorf("what was remembered about %s in %s is of service %s, which the action no longer changes (put it back by hand and delete the file)", host, a.memory.Dir, o.Service)
	}
	return &o, nil
}

// meant is the real server that a request is about.
func (a *Action) meant(r failover.Request) (Real, error) {
	if real, ok := a.config.Reals[r.Service.Host]; ok {
		return real, nil
	}
	addr, err := netip.ParseAddr(r.Address)
	if err != nil {
		return Real{}, fmt.Errorf("host %s has no address in numbers (got %q; name its entry: reals: {%s: …})", r.Service.Host, r.Address, r.Service.Host)
	}
	return Real{Addr: addr.Unmap().WithZone("")}, nil
}

// victims are the entries of a host, and those of them that still serve.
func (a *Action) victims(r failover.Request, t table) (all, serving []entry, err error) {
	real, err := a.meant(r)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range t.with(real) {
		if a.config.Fallback != nil && a.config.Fallback.is(e.At) {
			return nil, nil, fmt.Errorf("host %s is the fallback server %s, which is never touched", r.Service.Host, e.At)
		}
		all = append(all, e)
		if e.Weight > 0 || a.config.Mode == Remove {
			serving = append(serving, e)
		}
	}
	return all, serving, nil
}

var errDryRun = errors.New("a dry run changes nothing: only its premises are looked at")

// Do takes the host's entries out.
func (a *Action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	if r.DryRun {
		return failover.Outcome{}, errDryRun
	}
	start := time.Now()
	t, err := a.service(ctx)
	if err != nil {
		return failover.Outcome{}, err
	}
	_, victims, err := a.victims(r, t)
	if err != nil {
		return failover.Outcome{}, err
	}
	left := t.serving(a.config.Fallback, victims...)
	if len(victims) == 0 {
		return a.outcome(start, text.M("failover.lvs.out_already", a.serviceArg(), text.Int("left", left))), nil
	}
	if left < a.config.Min {
		return failover.Outcome{}, fmt.Errorf("%s stays in %s: %d would be left, and min is %d", list(victims), a.config.Service, left, a.config.Min)
	}
	former, err := a.recall(r.Service.Host)
	if err != nil {
		return failover.Outcome{}, err
	}
	memory := out{Request: r.ID, Service: a.config.Service.String(), Entries: append(slices.Clone(victims), stillOut(former, t, victims)...), At: a.deps.Now().Unix()}
	if err := a.memory.Save(r.Service.Host, memory); err != nil {
		return failover.Outcome{}, err
	}
	if err := a.takeOut(ctx, r, victims, former); err != nil {
		return failover.Outcome{}, err
	}
	memory.Done = true
	if err := a.memory.Save(r.Service.Host, memory); err != nil {
		return failover.Outcome{}, fmt.Errorf("%s was taken out of %s, but: %w", list(victims), a.config.Service, err)
	}
	return a.outcome(start, text.M("failover.lvs.taken_out", a.serviceArg(), text.Str("real", list(victims)), text.Int("left", left))), nil
}

// stillOut are the entries of an earlier turn that are out and not among those
// that go now: that turn broke off in the middle.
func stillOut(former *out, t table, victims []entry) []entry {
	if former == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(former.Entries), func(e entry) bool {
		again := slices.ContainsFunc(victims, func(v entry) bool { return v.At == e.At })
		now, ok := t.at(e.At)
		return again || ok && now.Weight > 0
	})
}

// takeOut changes the table, reads it again, and takes the change back when it
// left too few: somebody else changed the table at the same time.
func (a *Action) takeOut(ctx context.Context, r failover.Request, victims []entry, former *out) error {
	for i, e := range victims {
		err := error(nil)
		if a.config.Mode == Quiesce {
			err = a.edit(ctx, e, 0)
		} else {
			err = a.remove(ctx, e)
		}
		if err != nil && i == 0 {
			return errors.Join(err, a.rememberAgain(err, r.Service.Host, former))
		}
		if err != nil {
			return err
		}
	}
	t, err := a.service(ctx)
	if err != nil {
		return failover.Unknown{Err: fmt.Errorf("the table could not be read after the change: %w", err)}
	}
	if still := servingOf(t, victims); len(still) > 0 {
		return fmt.Errorf("ipvsadm said that it was done, and %s still serves in %s (does ldirectord or keepalived change the same service?)", list(still), a.config.Service)
	}
	if left := t.serving(a.config.Fallback); left < a.config.Min {
		err := fmt.Errorf("%s was put back: somebody else changed %s at the same time, and %d would be left where min is %d", list(victims), a.config.Service, left, a.config.Min)
		for _, e := range victims {
			if again := a.restore(ctx, t, e); again != nil {
				return fmt.Errorf("%s could not be put back (do it by hand): %w", e.At, errors.Join(again, err))
			}
		}
		return errors.Join(err, a.rememberAgain(nil, r.Service.Host, former))
	}
	return nil
}

// rememberAgain puts the memory as it was when surely nothing was changed.
func (a *Action) rememberAgain(err error, host string, former *out) error {
	if _, unknown := errors.AsType[failover.Unknown](err); unknown {
		return nil
	}
	if former != nil {
		return a.memory.Save(host, former)
	}
	return a.memory.Forget(host)
}

// servingOf are those of some entries that still get connections.
func servingOf(t table, of []entry) []entry {
	return slices.DeleteFunc(slices.Clone(of), func(e entry) bool {
		now, ok := t.at(e.At)
		return !ok || now.Weight == 0
	})
}

// restore gives an entry its former weight. What others changed of it meanwhile
// stays; one that is gone is made again as it was.
func (a *Action) restore(ctx context.Context, t table, e entry) error {
	now, ok := t.at(e.At)
	switch {
	case ok && now.Weight > 0:
		return nil
	case ok:
		return a.edit(ctx, now, e.Weight)
	case a.config.Mode == Remove:
		return a.add(ctx, e, e.Weight)
	}
	return fmt.Errorf("real server %s is no longer in %s, and it was not we who removed it (put it back by hand)", e.At, a.config.Service)
}

// Undo gives the host's entries the weight that they had, and nothing else.
func (a *Action) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	if r.DryRun {
		return failover.Outcome{}, errDryRun
	}
	start := time.Now()
	o, err := a.recall(r.Service.Host)
	if err != nil {
		return failover.Outcome{}, err
	}
	t, err := a.service(ctx)
	if err != nil {
		return failover.Outcome{}, err
	}
	if o == nil {
		return a.nothingOut(start, r, t)
	}
	for _, e := range o.Entries {
		if err := a.restore(ctx, t, e); err != nil {
			return failover.Outcome{}, err
		}
	}
	if t, err = a.service(ctx); err != nil {
		return failover.Outcome{}, failover.Unknown{Err: fmt.Errorf("the table could not be read after the change: %w", err)}
	}
	for _, e := range o.Entries {
		if now, ok := t.at(e.At); !ok || now.Weight == 0 && e.Weight > 0 {
			return failover.Outcome{}, fmt.Errorf("ipvsadm said that it was done, and %s does not serve in %s", e.At, a.config.Service)
		}
	}
	done := text.M("failover.lvs.put_back", a.serviceArg(), text.Str("real", list(o.Entries)), text.Int("left", t.serving(a.config.Fallback)))
	return a.outcome(start, done), a.memory.Forget(r.Service.Host)
}

// nothingOut answers the wish to put back what was never taken out.
func (a *Action) nothingOut(start time.Time, r failover.Request, t table) (failover.Outcome, error) {
	all, _, err := a.victims(r, t)
	if err != nil {
		return failover.Outcome{}, err
	}
	if len(servingOf(t, all)) == 0 {
		return failover.Outcome{}, fmt.Errorf("%s does not serve in %s, and it was not we who took it out (put it back by hand)", r.Service.Host, a.config.Service)
	}
	return a.outcome(start, text.M("failover.lvs.in_already", a.serviceArg(), text.Str("real", list(all)), text.Int("left", t.serving(a.config.Fallback)))), nil
}

// Status says whether the host gets no new connections: done when it does not.
func (a *Action) Status(ctx context.Context, r failover.Request) (failover.Status, error) {
	t, err := a.service(ctx)
	if err != nil {
		return failover.StatusUnknown, err
	}
	all, _, err := a.victims(r, t)
	if err != nil {
		return failover.StatusUnknown, err
	}
	if len(servingOf(t, all)) > 0 {
		return failover.StatusUndone, nil
	}
	return failover.StatusDone, nil
}

// outcome is what was done; the table was read again.
func (a *Action) outcome(start time.Time, done text.Message) failover.Outcome {
	return failover.Outcome{Took: time.Since(start), Detail: done, Verified: true}
}

func (a *Action) serviceArg() text.Arg { return text.Str("service", a.config.Service.String()) }

// list is the addresses in one line.
func list(entries []entry) string {
	var at []string
	for _, e := range entries {
		at = append(at, e.At.String())
	}
	return strings.Join(at, ", ")
}
