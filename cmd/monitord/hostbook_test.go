package main

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"monitord/internal/inventory"
)

func TestHostsWithDNSNamesAreFoundByTheirAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newHostBook(slog.New(slog.DiscardHandler))
		var down atomic.Bool
		asked := make(chan string, 10)
		b.lookUp = func(_ context.Context, _, name string) ([]netip.Addr, error) {
			asked <- name
			if down.Load() {
				return nil, errors.New("SERVFAIL")
			}
			return []netip.Addr{netip.MustParseAddr("192.0.2.5")}, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- b.Run(ctx, func() bool { return true }) }()
		hosts := &inventory.Inventory{Hosts: []inventory.Host{{Name: "a", Address: "192.0.2.1"}, {Name: "b", Address: "b.example.net"}, {Name: "c"}}}
		has := func(ip, want string) {
			t.Helper()
			synctest.Wait()
			if got := b.dir.Load().ByAddress(netip.MustParseAddr(ip)); len(got) != 1 || got[0] != want {
				t.Errorf("%s is %v, want %s", ip, got, want)
			}
		}
		b.use(hosts)
		has("192.0.2.1", "a")
		has("192.0.2.5", "b")
		// DNS fails from now on: what was known stays, over a reload too.
		down.Store(true)
		b.use(hosts)
		has("192.0.2.5", "b")
		if n := len(asked); n != 2 {
			t.Errorf("%d look-ups, want 2", n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
