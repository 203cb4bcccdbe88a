package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"monitord/collectors/syslog"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
)

const (
	lookUpEvery   = 5 * time.Minute
	lookUpTimeout = 5 * time.Second
	lookUps       = 8 // at a time
)

// hostBook knows the addresses of the inventory's hosts, so that what comes from
// one finds its host. DNS names are looked up again and again; what was known
// stays while DNS does not answer.
type hostBook struct {
	log    *slog.Logger
	lookUp func(ctx context.Context, network, name string) ([]netip.Addr, error)
	dir    atomic.Pointer[syslog.Directory]
	wake   chan struct{}

	mu    sync.Mutex
	hosts []syslog.Host
	known map[string][]netip.Addr // by DNS name
}

func newHostBook(log *slog.Logger) *hostBook {
	b := &hostBook{log: log, lookUp: net.DefaultResolver.LookupNetIP, wake: make(chan struct{}, 1), known: map[string][]netip.Addr{}}
	b.dir.Store(syslog.NewDirectory(nil))
	return b
}

// use takes the hosts of another configuration.
func (b *hostBook) use(inv *inventory.Inventory) {
	b.mu.Lock()
	b.hosts = b.hosts[:0:0]
	for i := range inv.Hosts {
		b.hosts = append(b.hosts, syslog.Host{Name: inv.Hosts[i].Name, Address: inv.Hosts[i].Address})
	}
	b.mu.Unlock()
	b.publish()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// publish makes the directory of what is known.
func (b *hostBook) publish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.hosts {
		b.hosts[i].IPs = b.known[b.hosts[i].Address]
	}
	b.dir.Store(syslog.NewDirectory(b.hosts))
}

// names are the DNS names among the addresses.
func (b *hostBook) names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for _, h := range b.hosts {
		if _, err := netip.ParseAddr(h.Address); err != nil && h.Address != "" {
			names = append(names, h.Address)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Run looks names up until ctx ends; nothing while wanted says no.
func (b *hostBook) Run(ctx context.Context, wanted func() bool) error {
	again := time.NewTicker(lookUpEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-again.C:
		case <-b.wake:
		}
		if wanted() {
			b.lookUpAll(ctx)
		}
	}
}

func (b *hostBook) lookUpAll(ctx context.Context) {
	names := make(chan string)
	var work sync.WaitGroup
	for range lookUps {
		work.Go(func() {
			for name := range names {
				b.one(ctx, name)
			}
		})
	}
	for _, name := range b.names() {
		names <- name
	}
	close(names)
	work.Wait()
	b.publish()
}

func (b *hostBook) one(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(ctx, lookUpTimeout)
	defer cancel()
	ips, err := b.lookUp(ctx, "ip", name)
	if err != nil {
		b.log.Debug("address of a host cannot be looked up; its syslog is found by name only", logkeys.Addr, name, logkeys.Err, err)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.known[name] = ips
}
