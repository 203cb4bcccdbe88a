package icmp

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// needPing fails with what to grant: a test that needs the right says so.
func needPing(t testing.TB) {
	t.Helper()
	if err := Permitted(); err != nil {
		if testing.Short() {
			t.Skip("short, and no right to ping: ", err)
		}
		t.Fatal(err)
	}
}

func TestSeveralAtOnceLoseNothing(t *testing.T) {
	needPing(t)
	const series = 50 // each has a socket of its own here; many share one: see Shared
	var wg sync.WaitGroup
	var mu sync.Mutex
	lost := 0
	for i := range series {
		wg.Go(func() {
			addr := netip.AddrFrom4([4]byte{127, 0, 0, byte(1 + i)})
			report, err := Direct{}.Ping(t.Context(), Request{Addr: addr, Count: 5, Interval: 10 * time.Millisecond, Wait: 10 * time.Second, Size: 56})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || len(report.RTTs) != 5 {
				lost++
			}
		})
	}
	wg.Wait()
	if lost > 0 {
		t.Errorf("%d of %d series lost replies or failed", lost, series)
	}
}

func TestCancellingEndsTheWait(t *testing.T) {
	needPing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Direct{}.Ping(ctx, Request{Addr: netip.MustParseAddr("127.0.0.1"), Count: 1000, Interval: time.Second, Wait: time.Minute, Size: 56})
	if err != nil || time.Since(start) > 2*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestMessagesSurviveTheWire(t *testing.T) {
	want := echo{kind: echoReply4, id: 0x1234, seq: 0xabcd, token: 0xfeedfacecafebeef}
	b := want.marshal(make([]byte, 200), 57)
	if checksum(b) != 0 { // RFC 1071: over a right message the sum is 0
		t.Errorf("checksum over the message is %#x; want 0", checksum(b))
	}
	if got, ok := parseEcho(b); !ok || got != want {
		t.Errorf("got %+v, %v; want %+v", got, ok, want)
	}
	b[20] ^= 1
	if _, ok := parseEcho(b); ok {
		t.Error("a damaged token is taken for ours")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(echo{kind: echoReply4, id: 1, seq: 2, token: 3}.marshal(make([]byte, 100), 56))
	f.Add([]byte{0x45, 0, 0, 20, 0, 0, 0, 0, 64, 1, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1})
	f.Add([]byte{0x4f})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range []socket{{raw: true}, {raw: true, v6: true}, {}, {v6: true}} {
			e, ok := s.parse(b)
			if ok && e.kind != echoReply4 && e.kind != echoReply6 {
				t.Errorf("%+v is no reply", e)
			}
		}
		if rest, ok := skipIPv4(b); ok && len(rest) > len(b)-20 {
			t.Errorf("%d of %d bytes behind the header", len(rest), len(b))
		}
	})
}
