package netdial

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"monitord/checks"
)

// names resolves every name to the same addresses.
type names []netip.Addr

func (n names) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return n, nil }

// dead hangs on every address but one.
type dead struct{ alive string }

func (d dead) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	if address == d.alive {
		ours, theirs := net.Pipe()
		theirs.Close()
		return ours, nil
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestADeadFirstAddressDoesNotHideALivingOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		var p Phases
		d := Dialer{
			Resolver: names{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.3")},
			Dialer:   dead{alive: "192.0.2.3:25"},
		}
		conn, err := d.Connect(ctx, &p, "mail", 25)
		if err != nil {
			t.Fatal(err)
		}
		conn.Close()
		got := p.Seal()
		if len(got) != 2 || got[0].Name != PhaseDNS || got[1].Name != PhaseConnect || got[1].Took != 6*time.Second {
			t.Errorf("phases %v; want dns, connect (two of three shares of 9s)", got)
		}
	})
}

func TestOurOwnFaultsAreUnknown(t *testing.T) {
	for _, no := range []syscall.Errno{syscall.EMFILE, syscall.EADDRNOTAVAIL} {
		var p Phases
		p.Begin(PhaseConnect)
		r := Result(&p, &Error{Phase: PhaseConnect, Peer: "h:1", Err: fmt.Errorf("dial: %w", no)})
		if r.State != checks.Unknown || r.Reason != checks.ReasonInternal {
			t.Errorf("%v: got %s %q", no, r.State, r.Reason)
		}
	}
}

func TestSealedPhasesDoNotChange(t *testing.T) {
	var p Phases
	p.Begin("a")
	p.Advance("x", "b") // not the running one
	got := p.Seal()
	p.Begin("late")
	p.Advance("late", "later")
	if len(got) != 1 || got[0].Name != "a" || p.Current() != "a" {
		t.Errorf("got %v, now %q", got, p.Current())
	}
}
