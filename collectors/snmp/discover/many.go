package discover

import (
	"context"
	"sync"

	"monitord/collectors/snmp"
)

// Found is what came of one target.
type Found struct {
	Target Target
	Device *Device // nil with Err
	Err    error
}

// Many asks all targets, at most workers at a time, each as base says, and
// returns in their order. after, if any, is called with each as it comes, one at
// a time.
func Many(ctx context.Context, targets []Target, base snmp.Device, workers int, after func(Found)) []Found {
	found := make([]Found, len(targets))
	next := make(chan int)
	var mu sync.Mutex // of after
	var wg sync.WaitGroup
	for range min(max(workers, 1), len(targets)) {
		wg.Go(func() {
			var s snmp.Session
			defer s.Close()
			for i := range next {
				found[i] = one(ctx, &s, targets[i], base)
				if after != nil {
					mu.Lock()
					after(found[i])
					mu.Unlock()
				}
			}
		})
	}
	for i := range targets {
		next <- i
	}
	close(next)
	wg.Wait()
	return found
}

func one(ctx context.Context, s *snmp.Session, t Target, base snmp.Device) Found {
	f := Found{Target: t, Err: ctx.Err()}
	if f.Err != nil {
		return f
	}
	if f.Err = s.Aim(ctx, t.Device(base)); f.Err == nil {
		f.Device, f.Err = Read(ctx, s)
	}
	return f
}

// Device is how a target is asked: as base, with the target's own community.
func (t Target) Device(base snmp.Device) snmp.Device {
	d := base
	d.Address, d.Port, d.Family = t.Address, t.Port, t.Family
	if t.Community != "" {
		d.Credentials = snmp.Credentials{Version: base.Credentials.Version, Community: t.Community}
		if d.Credentials.Version == snmp.V3 {
			d.Credentials.Version = snmp.V2c
		}
	}
	d.Engine = nil
	if d.Credentials.Version == snmp.V3 {
		d.Engine = new(snmp.Engine)
	}
	return d
}
