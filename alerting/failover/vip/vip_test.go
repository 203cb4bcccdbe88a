package vip

import (
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/failover"
	"monitord/alerting/failover/internal/actiontest"
	"monitord/internal/runner"
	"monitord/internal/testhosts"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newAction(t *testing.T, cfg Config) *Action {
	t.Helper()
	cfg.IP = "/sbin/ip"
	if cfg.Do == "" {
		cfg.Do = Add
	}
	if cfg.Announcements == 0 {
		cfg.Announcements = 2
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(cfg, failover.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Run: runner.Run})
}

// neighbour is the link-layer address that a host knows of an address.
func neighbour(h *testhosts.Host, address string) string {
	fields := strings.Fields(h.IP("neighbour", "show", address, "dev", h.Link))
	for i, f := range fields {
		if f == "lladdr" && i+1 < len(fields) {
			return fields[i+1]
		}
	}
	return ""
}

func mac(t *testing.T, h *testhosts.Host) (address string) {
	t.Helper()
	h.Do(func() {
		iface, err := net.InterfaceByName(h.Link)
		if err != nil {
			t.Error(err)
			return
		}
		address = iface.HardwareAddr.String()
	})
	return address
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Errorf("never: %s", what)
}

// failing lists the premises that do not hold, in the host.
func failing(t *testing.T, h *testhosts.Host, a *Action, undo bool) (names string, all []failover.Premise) {
	t.Helper()
	h.Do(func() {
		var err error
		if all, err = a.Premises(t.Context(), failover.Request{Undo: undo}); err != nil {
			names = "error " + err.Error()
		}
	})
	for _, p := range all {
		if !p.Holds {
			names += p.Name
		}
	}
	return names, all
}

func TestTheAddressMovesAndThePeerKnows(t *testing.T) {
	for _, tt := range []struct{ name, address string }{{"IPv4", "10.99.0.100/24"}, {"IPv6", "fd99::100/64"}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := testhosts.Pair(t)
			address := strings.Split(tt.address, "/")[0]
			action := newAction(t, Config{Address: tt.address, Interface: a.Link})
			status := func() (s failover.Status) {
				a.Do(func() { s, _ = action.Status(t.Context(), failover.Request{}) })
				return s
			}
			// The peer has it: never take it.
			b.IP("address", "add", tt.address, "dev", b.Link, "nodad")
			names, all := failing(t, a, action, false)
			if names != "address-free" || len(all) != 3 || all[2].Text.Args[1].Str != mac(t, b) {
				t.Errorf("%q does not hold: %+v; want address-free, held by %s", names, all, mac(t, b))
			}
			// It is gone there; the peer remembers another machine for it.
			b.IP("address", "del", tt.address, "dev", b.Link)
			b.IP("neighbour", "replace", address, "dev", b.Link, "lladdr", "02:00:00:00:00:99", "nud", "stale")
			if names, _ := failing(t, a, action, false); names != "" {
				t.Errorf("%q does not hold", names)
			}
			if s := status(); s != failover.StatusUndone {
				t.Errorf("at first: %s", s)
			}
			a.Do(func() {
				for range 2 { // the second time it is there already, and announced again
					if out, err := action.Do(t.Context(), failover.Request{}); err != nil || !out.Verified || out.Detail.IsZero() {
						t.Errorf("got %+v, %v", out, err)
					}
				}
			})
			if !a.Has(address) || status() != failover.StatusDone {
				t.Errorf("it is not there: %s", a.IP("address", "show"))
			}
			eventually(t, "the peer knows the new machine", func() bool { return neighbour(b, address) == mac(t, a) })
			b.Do(func() { // and reaches it
				l, err := net.Dial("udp", net.JoinHostPort(address, "9"))
				if err != nil {
					t.Error(err)
					return
				}
				l.Close()
			})
			if names, all := failing(t, a, action, true); names != "" || len(all) != 2 {
				t.Errorf("taken back: %q does not hold of %+v", names, all)
			}
			a.Do(func() {
				for range 2 {
					if out, err := action.Undo(t.Context(), failover.Request{Undo: true}); err != nil || !out.Verified {
						t.Errorf("undo: got %+v, %v", out, err)
					}
				}
			})
			if a.Has(address) || status() != failover.StatusUndone {
				t.Error("it is still there")
			}
		})
	}
}

func TestTwoWhoWantItAtTheSameTimeBothSeeIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"10.99.0.100", "fd99::100"} {
		a, b := testhosts.Pair(t)
		want := netip.MustParseAddr(address)
		done := make(chan string, 2)
		for _, h := range []*testhosts.Host{a, b} {
			go h.Do(func() {
				who, err := holder(t.Context(), h.Link, want)
				if err != nil {
					t.Error(err)
				}
				done <- who
			})
		}
		if first, second := <-done, <-done; first == "" && second == "" {
			t.Errorf("%s: neither saw the other", address)
		}
	}
}

func TestAnInterfaceThatCannot(t *testing.T) {
	t.Parallel()
	a, b := testhosts.Pair(t)
	if names, _ := failing(t, a, newAction(t, Config{Address: "10.99.0.100/24", Interface: "none0"}), false); names != "interface-up" {
		t.Errorf("missing: %q does not hold", names)
	}
	if names, _ := failing(t, a, newAction(t, Config{Address: "10.99.0.100/24", Interface: "lo"}), false); !strings.Contains(names, "is no Ethernet") {
		t.Errorf("lo: %q", names)
	}
	b.IP("link", "set", b.Link, "down") // the cable is out
	action := newAction(t, Config{Address: "10.99.0.100/24", Interface: a.Link})
	eventually(t, "no carrier is seen", func() bool { names, _ := failing(t, a, action, false); return names == "interface-up" })
	a.Do(func() {
		missing := newAction(t, Config{Address: "10.99.0.100/24", Interface: "none0"})
		if _, err := missing.Do(t.Context(), failover.Request{}); err == nil || !strings.Contains(err.Error(), "not started") {
			t.Errorf("got %v", err)
		}
		if s, err := missing.Status(t.Context(), failover.Request{}); s != failover.StatusUnknown || err == nil {
			t.Errorf("got %s, %v", s, err)
		}
	})
}

func TestConfig(t *testing.T) {
	actiontest.Options(t, Kind(), map[string]string{
		"{address: 192.0.2.80/24, interface: eth0}":                     "",
		"{address: 2001:db8::80/64, interface: bond0.100, do: remove}":  "",
		"{address: 192.0.2.80, interface: eth0}":                        "prefix length",
		"{address: 224.0.0.1/24, interface: eth0}":                      "host's address",
		"{address: 127.0.0.2/8, interface: lo}":                         "host's address",
		"{address: 192.0.2.80/24, interface: -x}":                       "interface: got",
		"{address: 192.0.2.80/24, interface: averyveryverylongname}":    "interface: got",
		"{address: 192.0.2.80/24, interface: eth0, do: move}":           "want add or remove",
		"{address: 192.0.2.80/24, interface: eth0, announcements: 100}": "want 1 to 20",
		"{address: 192.0.2.80/24, interface: eth0, ip: ip}":             "whole path",
	})
}
