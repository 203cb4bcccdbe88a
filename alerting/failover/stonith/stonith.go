package stonith

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/pause"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name:    "stonith",
		Summary: "switches a machine off through a fence device, once, and makes sure",
		Sample:  Sample,
		Config:  func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Action fences machines through one device.
type Action struct {
	config Config
	deps   failover.Deps
	memory failover.Memory
	device device
	self   self
}

// New makes the action; config is valid.
func New(config Config, deps failover.Deps) (*Action, error) {
	name, err := os.Hostname()
	if err != nil {
		return nil, err
	}
	a := &Action{config: config, deps: deps, memory: failover.Memory{Dir: deps.Dir}, self: self{hostname: name, addresses: net.InterfaceAddrs, resolver: net.DefaultResolver}}
	if a.deps.Dialer == nil {
		a.deps.Dialer = &net.Dialer{}
	}
	if config.Type != "" {
		a.device = glue{deps: deps, path: config.Stonith, kind: config.Type, action: config.Action}
	} else {
		a.device = agent{deps: deps, path: config.Agent, action: config.Action}
	}
	return a, nil
}

// Resource is one for all: two machines are never fenced at the same time, so
// that two that believe each other dead do not both go.
func (a *Action) Resource() string { return "stonith" }

// fenced is what is remembered of a machine's last fence.
type fenced struct {
	Request  string    `json:"request"`
	Incident int64     `json:"incident"`
	At       time.Time `json:"at"`
	// Done is false from just before it begins, and for ever when nobody knows.
	Done     bool `json:"done"`
	Verified bool `json:"verified"` // the machine was seen to be off
}

// refuse says why a machine must not be fenced now; nil: it may.
func (a *Action) refuse(r failover.Request) (*fenced, error) {
	var f fenced
	ok, err := a.memory.Load(r.Service.Host, &f)
	if err != nil || !ok {
		return nil, err
	}
	ago := a.deps.Now().Sub(f.At)
	switch {
	case f.Request == r.ID:
		return &f, fmt.Errorf("this request was carried out already, at %s", f.At.Format(time.RFC3339))
	case f.Incident != 0 && f.Incident == r.Incident:
		return &f, fmt.Errorf("%s was fenced for this incident already, at %s", r.Service.Host, f.At.Format(time.RFC3339))
	case ago < a.config.Quiet: // also when the clock was set back
		return &f, fmt.Errorf("%s was fenced at %s, less than %s ago", r.Service.Host, f.At.Format(time.RFC3339), a.config.Quiet)
	}
	return &f, nil
}

var errDryRun = errors.New("a dry run changes nothing: only its premises are looked at")

// Do fences the request's host, once.
func (a *Action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	if r.DryRun {
		return failover.Outcome{}, errDryRun
	}
	v, err := a.victim(r.Service.Host)
	if err != nil {
		return failover.Outcome{}, err
	}
	if err := a.self.check(ctx, r, v); err != nil {
		return failover.Outcome{}, err
	}
	former, err := a.refuse(r)
	if err != nil {
		return failover.Outcome{}, err
	}
	if _, err := a.device.state(ctx, v); err != nil {
		return failover.Outcome{}, fmt.Errorf("nothing was done: the device does not tell about %s: %w", v.host, err)
	}
	memory := fenced{Request: r.ID, Incident: r.Incident, At: a.deps.Now()}
	if err := a.memory.Save(v.host, memory); err != nil {
		return failover.Outcome{}, fmt.Errorf("nothing was done: %w", err)
	}
	out, err := a.device.fence(ctx, v)
	if n, ok := errors.AsType[notDone](err); ok {
		return out, errors.Join(fmt.Errorf("%s was not fenced: %w", v.host, n.err), a.rememberAgain(v.host, former))
	}
	out, err = a.confirm(ctx, r, v, out, err)
	if err == nil {
		memory.Done, memory.Verified = true, out.Verified
		err = a.memory.Save(v.host, memory)
	}
	return out, err
}

func (a *Action) rememberAgain(host string, former *fenced) error {
	if former != nil {
		return a.memory.Save(host, former)
	}
	return a.memory.Forget(host)
}

// askAgain is how long we wait before state and silence are looked at again.
const askAgain = 500 * time.Millisecond

// confirm holds what the device said of its work, said, against what can be seen.
func (a *Action) confirm(ctx context.Context, r failover.Request, v victim, out failover.Outcome, said error) (failover.Outcome, error) {
	_, cut := errors.AsType[failover.Unknown](said)
	if a.config.Action == Reboot {
		return a.believe(out, v, said)
	}
	ctx, cancel := context.WithTimeout(ctx, a.config.ConfirmWithin)
	defer cancel()
	is, answers, stateErr := powerUnknown, false, error(nil)
	silent := a.config.SilentPort == 0 // nobody wants to know
	for {
		now, err := a.device.state(ctx, v)
		if err == nil || ctx.Err() == nil { // what was seen before the deadline stays seen
			is, stateErr = now, err
		}
		if is != powerOn && a.config.SilentPort > 0 {
			silent, answers = a.listen(ctx, r.Address)
		}
		switch {
		case err == nil && is == powerOff && silent:
			out.Verified, out.Detail = true, a.done(v, said)
			return out, nil
		case err == nil && is == powerUnknown && said == nil && silent: // the device cannot tell
			out.Verified, out.Detail = a.config.SilentPort > 0, a.done(v, said)
			return out, nil
		}
		if !pause.For(ctx, askAgain) {
			return out, a.contradicted(v, is, answers, said, stateErr, cut)
		}
	}
}

// believe takes the word of a device about a reboot: on is no proof.
func (a *Action) believe(out failover.Outcome, v victim, said error) (failover.Outcome, error) {
	if said == nil {
		out.Detail = a.done(v, nil)
		return out, nil
	}
	if _, cut := errors.AsType[failover.Unknown](said); cut {
		return out, said
	}
	return out, failover.Unknown{Err: said}
}

func (a *Action) done(v victim, said error) text.Message {
	done := text.M("failover.stonith.done", text.Str("host", v.host), text.Sub("action", text.Message{ID: "failover.stonith.action." + string(a.config.Action)}))
	if said != nil {
		return text.M("failover.stonith.done_but", text.Sub("done", done), text.Str("detail", said.Error()))
	}
	return done
}

// contradicted is the error of a fence that could not be confirmed.
func (a *Action) contradicted(v victim, is power, answers bool, said, state error, cut bool) error {
	switch {
	case is == powerOn && said == nil:
		return fmt.Errorf("the device says that it switched %s off, and that it is on (look at the device: it may be set up for another outlet)", v.host)
	case answers:
		return fmt.Errorf("the device says that %s is off, and port %d of it still answers (does the device switch another machine?)", v.host, a.config.SilentPort)
	case is == powerOn && !cut:
		return fmt.Errorf("%s is still on: %w", v.host, said)
	}
	return failover.Unknown{Err: errors.Join(said, state, fmt.Errorf("nobody can say whether %s is off", v.host))}
}

// dialTimeout is how long a machine in the same network needs at most to answer.
const dialTimeout = 2 * time.Second

// listen reports whether a machine is silent on the port, or answers: a refusal is
// an answer too, "no route" is silence. When ctx ends too early it is neither.
func (a *Action) listen(ctx context.Context, address string) (silent, answers bool) {
	dialing, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c, err := a.deps.Dialer.DialContext(dialing, "tcp", net.JoinHostPort(address, strconv.Itoa(a.config.SilentPort)))
	if err == nil {
		c.Close()
	}
	answers = err == nil || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
	return !answers && ctx.Err() == nil, answers
}

// Status asks the device, when it can tell whether the machine is off. Of a device
// that cannot tell, only what was seen at the time is known; of a reboot nothing.
func (a *Action) Status(ctx context.Context, r failover.Request) (failover.Status, error) {
	v, err := a.victim(r.Service.Host)
	if err != nil {
		return failover.StatusUnknown, err
	}
	if a.config.Action == Off {
		switch is, err := a.device.state(ctx, v); {
		case is == powerOff:
			return failover.StatusDone, nil
		case is == powerOn:
			return failover.StatusUndone, nil
		case err != nil:
			return failover.StatusUnknown, err
		}
	}
	var f fenced
	ok, err := a.memory.Load(v.host, &f)
	if err == nil && ok && f.Verified && f.Request == r.ID {
		return failover.StatusDone, nil
	}
	return failover.StatusUnknown, err
}
