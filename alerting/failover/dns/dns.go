package dns

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/internal/pause"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name:    "dns",
		Summary: "takes a dead server's record out of a DNS name, and puts it back",
		Sample:  Sample,
		Config:  func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Action changes one record set of one zone.
type Action struct {
	config     Config
	deps       failover.Deps
	memory     failover.Memory
	resolver   checks.Resolver
	zone, name string // canonical
	qtype      uint16
	members    []string // canonical; empty: all
}

// New makes the action; config is valid.
func New(config Config, deps failover.Deps) *Action {
	a := &Action{
		config: config, deps: deps, memory: failover.Memory{Dir: deps.Dir}, resolver: net.DefaultResolver,
		zone: mdns.CanonicalName(config.Zone), name: config.fqdn(), qtype: mdns.StringToType[config.Type],
	}
	if a.deps.Dialer == nil {
		a.deps.Dialer = &net.Dialer{}
	}
	for _, m := range config.Members {
		a.members = append(a.members, canonical(m))
	}
	return a
}

// Resource is the record set.
func (a *Action) Resource() string {
	return "dns " + a.zone + " " + a.name + " " + a.config.Type
}

// open connects to the primary.
func (a *Action) open(ctx context.Context) (*conn, error) {
	k, err := a.readKey()
	if err != nil {
		return nil, err
	}
	return connect(ctx, a.deps.Dialer, a.config.Server, k, a.config.Timeout)
}

// tries is how often we look again when the record set was changed between look
// and update. Each turn somebody got on: so many at once are no balance.
const tries = 50

var errDryRun = errors.New("a dry run changes nothing: only its premises are looked at")

// Do takes the host's record out.
func (a *Action) Do(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	if r.DryRun {
		return failover.Outcome{}, errDryRun
	}
	start := time.Now()
	c, err := a.open(ctx)
	if err != nil {
		return failover.Outcome{}, err
	}
	defer c.close()
	former, _, err := a.recall(r.Service.Host)
	if err != nil {
		return failover.Outcome{}, err
	}
	for range tries {
		out, err := a.take(ctx, c, start, r, former)
		if !errors.Is(err, errChanged) {
			return out, err
		}
		if !pause.For(ctx, apart()) {
			break
		}
	}
	return failover.Outcome{}, a.contended(c)
}

// apart keeps those that act at once from meeting again.
func apart() time.Duration { return time.Duration(1+rand.IntN(20)) * time.Millisecond }

func (a *Action) contended(c *conn) error {
	return fmt.Errorf("name server %s: the records of %s do not stay as we read them, nothing was changed (does another program change them all the time, or are they made from a wildcard?)", c.server, a.name)
}

// take looks and sends one update.
func (a *Action) take(ctx context.Context, c *conn, start time.Time, r failover.Request, former *taken) (failover.Outcome, error) {
	v, err := a.primary(ctx, c)
	if err != nil {
		return failover.Outcome{}, err
	}
	victim, err := a.victim(ctx, r, v.set)
	if err != nil {
		return failover.Outcome{}, err
	}
	left := len(a.pool(v.set)) - len(victim)
	if len(victim) == 0 {
		return a.outcome(start, "failover.dns.out_already", nil, left, v.serial, v.serial, true, text.Message{}), nil
	}
	if left < a.config.Min {
		return failover.Outcome{}, fmt.Errorf("%s stays in %s: %d of the pool would be left, and min is %d", list(victim), a.name, left, a.config.Min)
	}
	t := a.takenOf(r, victim)
	if err := a.memory.Save(r.Service.Host, t); err != nil {
		return failover.Outcome{}, err
	}
	if err := a.update(ctx, c, change{set: v.set, remove: victim}); err != nil {
		return failover.Outcome{}, errors.Join(err, a.takeBack(r.Service.Host, err, former))
	}
	t.Done = true
	if err := a.memory.Save(r.Service.Host, t); err != nil {
		return failover.Outcome{}, fmt.Errorf("%s was taken out of %s, but: %w", list(victim), a.name, err)
	}
	after, verified, doubt := a.verify(ctx, c, v.serial, func(set []mdns.RR) bool { return len(same(set, victim)) == 0 })
	return a.outcome(start, "failover.dns.taken_out", victim, left, v.serial, after, verified, doubt), nil
}

// takeBack puts the memory as it was when the update changed nothing for sure.
func (a *Action) takeBack(host string, err error, former *taken) error {
	if _, unknown := errors.AsType[failover.Unknown](err); unknown {
		return nil
	}
	if former != nil {
		return a.memory.Save(host, former)
	}
	return a.memory.Forget(host)
}

// primary looks, and makes sure that it is the primary that we ask.
func (a *Action) primary(ctx context.Context, c *conn) (zoneView, error) {
	v, err := a.look(ctx, c)
	if err == nil && !v.authoritative {
		err = fmt.Errorf("name server %s does not answer for zone %s with authority (correct server or zone)", c.server, a.zone)
	}
	return v, err
}

// Undo puts back what Do took out, and nothing else.
func (a *Action) Undo(ctx context.Context, r failover.Request) (failover.Outcome, error) {
	if r.DryRun {
		return failover.Outcome{}, errDryRun
	}
	start := time.Now()
	t, records, err := a.recall(r.Service.Host)
	if err != nil {
		return failover.Outcome{}, err
	}
	c, err := a.open(ctx)
	if err != nil {
		return failover.Outcome{}, err
	}
	defer c.close()
	for range tries {
		out, err := a.putBack(ctx, c, start, r, t, records)
		if !errors.Is(err, errChanged) {
			return out, err
		}
		if !pause.For(ctx, apart()) {
			break
		}
	}
	return failover.Outcome{}, a.contended(c)
}

func (a *Action) putBack(ctx context.Context, c *conn, start time.Time, r failover.Request, t *taken, records []mdns.RR) (failover.Outcome, error) {
	v, err := a.primary(ctx, c)
	if err != nil {
		return failover.Outcome{}, err
	}
	if t == nil {
		return a.nothingTaken(ctx, start, r, v)
	}
	add := missing(records, v.set)
	ttl := a.ttl(records, v.set)
	for _, rr := range add {
		rr.Header().Ttl = ttl
	}
	left := len(a.pool(v.set)) + len(add)
	if len(add) == 0 {
		return a.outcome(start, "failover.dns.in_already", records, left, v.serial, v.serial, true, text.Message{}), a.memory.Forget(r.Service.Host)
	}
	if err := a.update(ctx, c, change{set: v.set, add: add}); err != nil {
		return failover.Outcome{}, err
	}
	after, verified, doubt := a.verify(ctx, c, v.serial, func(set []mdns.RR) bool { return len(missing(records, set)) == 0 })
	return a.outcome(start, "failover.dns.put_back", records, left, v.serial, after, verified, doubt), a.memory.Forget(r.Service.Host)
}

// nothingTaken answers the wish to put back what was never taken out.
func (a *Action) nothingTaken(ctx context.Context, start time.Time, r failover.Request, v zoneView) (failover.Outcome, error) {
	there, err := a.victim(ctx, r, v.set)
	if err != nil {
		return failover.Outcome{}, err
	}
	if len(there) == 0 {
		return failover.Outcome{}, fmt.Errorf("the record of %s is not in %s, and it was not we who took it out (put it back by hand)", r.Service.Host, a.name)
	}
	return a.outcome(start, "failover.dns.in_already", there, len(a.pool(v.set)), v.serial, v.serial, true, text.Message{}), nil
}

// ttl is that of a record that is put back. A set has one TTL (RFC 2181 section
// 5.2): another one would change what others wrote meanwhile.
func (a *Action) ttl(records, set []mdns.RR) uint32 {
	switch {
	case a.config.TTL > 0:
		return uint32(a.config.TTL / time.Second)
	case len(set) > 0:
		return set[0].Header().Ttl
	}
	return records[0].Header().Ttl
}

// Status says whether the host's record is out: done when it is.
func (a *Action) Status(ctx context.Context, r failover.Request) (failover.Status, error) {
	c, err := a.open(ctx)
	if err != nil {
		return failover.StatusUnknown, err
	}
	defer c.close()
	v, err := a.primary(ctx, c)
	if err != nil {
		return failover.StatusUnknown, err
	}
	_, records, err := a.recall(r.Service.Host)
	if err != nil {
		return failover.StatusUnknown, err
	}
	if records != nil {
		records = same(v.set, records)
	} else if records, err = a.victim(ctx, r, v.set); err != nil {
		return failover.StatusUnknown, err
	}
	if len(records) > 0 {
		return failover.StatusUndone, nil
	}
	return failover.StatusDone, nil
}

// same are the records of set that are in other too, whatever their TTL.
func same(set, other []mdns.RR) []mdns.RR {
	var out []mdns.RR
	for _, rr := range set {
		for _, o := range other {
			if mdns.IsDuplicate(rr, o) {
				out = append(out, rr)
				break
			}
		}
	}
	return out
}

// missing are the records of want that are not in set.
func missing(want, set []mdns.RR) []mdns.RR {
	var out []mdns.RR
	for _, rr := range want {
		if len(same([]mdns.RR{rr}, set)) == 0 {
			out = append(out, rr)
		}
	}
	return out
}

func plain(name string) string { return strings.TrimSuffix(name, ".") }
