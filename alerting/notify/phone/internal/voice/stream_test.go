package voice

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParseAddr("127.0.0.1")

// phone is the other side of a stream: a bare socket.
func phone(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// run starts a stream; the test's end stops it.
func run(t *testing.T, peer Peer) *Stream {
	t.Helper()
	conn, err := Listen(loopback, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := NewStream(conn)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { s.Run(ctx, peer) })
	t.Cleanup(func() { cancel(); wg.Wait() })
	return s
}

func read(t *testing.T, conn *net.UDPConn) rtp.Packet {
	t.Helper()
	buf := make([]byte, 2048)
	conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	var p rtp.Packet
	if err := p.Unmarshal(buf[:n]); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSoundIsSentInFramesOf20Milliseconds(t *testing.T) {
	conn, addr := phone(t)
	s := run(t, Peer{Addr: addr})
	done := s.Play(EncodeAll(Tone(440, 500*time.Millisecond)))
	before := read(t, conn)
	start, heard := time.Now(), 0
	for range 49 {
		p := read(t, conn)
		if p.SequenceNumber != before.SequenceNumber+1 || p.Timestamp-before.Timestamp < FrameSamples || (p.Timestamp-before.Timestamp)%FrameSamples != 0 ||
			p.SSRC != before.SSRC || p.PayloadType != PCMU || len(p.Payload) != FrameSamples {
			t.Fatalf("after %s came %s", before, p)
		}
		for _, b := range p.Payload {
			if b != Silence {
				heard++
			}
		}
		before = p
	}
	if took := time.Since(start); took < 850*time.Millisecond || took > 10*time.Second {
		t.Errorf("49 packets took %s; want about 980 ms", took)
	}
	<-done
	if heard < 3000 || s.Said() != 500*time.Millisecond {
		t.Errorf("heard %d samples of sound, said %s; want nearly 4000 and 500ms", heard, s.Said())
	}
}

// eventPayload is the event of a key that has been held so many samples; end
// says that it was released. ok is false for what is no key.
func eventPayload(key byte, end bool, samples uint16) (payload []byte, ok bool) {
	for i := range len(keys) {
		if keys[i] != key {
			continue
		}
		flags := byte(10) // volume, −10 dBm0
		if end {
			flags |= 0x80
		}
		return []byte{byte(i), flags, byte(samples >> 8), byte(samples)}, true
	}
	return nil, false
}

func event(t *testing.T, key byte, stamp uint32, pt uint8) []byte {
	t.Helper()
	payload, _ := eventPayload(key, true, 160)
	raw, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: pt, Timestamp: stamp, SSRC: 1}, Payload: payload}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestKeysComeOnlyFromTheFirstPlaceThatThePeerMayHave(t *testing.T) {
	s := NewStream(nil)
	server := netip.MustParseAddr("192.0.2.1")
	s.Retarget(Peer{Addr: netip.MustParseAddrPort("10.0.0.5:4000"), Signalling: server, Events: []uint8{101, 96}})
	now := time.Unix(0, 0)
	stamp := uint32(0)
	press := func(from string, pt uint8) bool {
		stamp++
		now = now.Add(time.Second)
		_, ok := s.take(event(t, '1', stamp, pt), netip.MustParseAddrPort(from), now)
		return ok
	}
	if press("198.51.100.1:4000", 101) {
		t.Error("a stranger pressed a key")
	}
	if !press("192.0.2.1:30000", 96) {
		t.Error("the server's own address is not heard")
	}
	if s.latched != netip.MustParseAddrPort("192.0.2.1:30000") {
		t.Errorf("sound goes to %s; want where it came from", s.latched)
	}
	if press("10.0.0.5:4000", 101) || press("192.0.2.1:30002", 101) || press("192.0.2.1:30000", 102) {
		t.Error("another place, port or payload type pressed a key")
	}
	s.Retarget(Peer{Addr: netip.MustParseAddrPort("10.0.0.6:4000"), Signalling: server, Events: []uint8{101}})
	if !press("10.0.0.6:4000", 101) {
		t.Error("the new place is not heard")
	}
	if s.Strange() != 4 {
		t.Errorf("%d packets were strange; want 4", s.Strange())
	}
}

func TestAFloodOfKeysBlocksNothing(t *testing.T) {
	conn, addr := phone(t)
	s := run(t, Peer{Addr: addr, Events: []uint8{101}})
	to := net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, uint16(s.Port())))
	for i := range 200 {
		if _, err := conn.WriteToUDP(event(t, keys[i%12], uint32(i), 101), to); err != nil {
			t.Fatal(err)
		}
	}
	for end := time.Now().Add(5 * time.Second); s.Strange() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was dropped")
		}
	}
	<-s.Play(EncodeAll(Tone(440, 40*time.Millisecond))) // it still speaks
}

func TestOnHoldNothingIsSent(t *testing.T) {
	s := run(t, Peer{Addr: netip.MustParseAddrPort("0.0.0.0:4000")})
	done := s.Play(EncodeAll(Tone(440, 40*time.Millisecond)))
	select {
	case <-done:
		t.Error("it was said to nobody")
	case <-time.After(200 * time.Millisecond): // ten frames
	}
	_, addr := phone(t)
	s.Retarget(Peer{Addr: addr})
	<-done
}

func TestPortsAreEvenAndInTheirRange(t *testing.T) {
	for range 20 {
		conn, err := Listen(loopback, 21001, 21100)
		if err != nil {
			t.Fatal(err)
		}
		port := conn.LocalAddr().(*net.UDPAddr).Port
		conn.Close()
		if port%2 != 0 || port < 21001 || port > 21100 {
			t.Errorf("got port %d", port)
		}
	}
}

func FuzzTake(f *testing.F) {
	f.Add([]byte("\x80\x65\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x01\x8a\x00\xa0"))
	f.Add([]byte("\xbf\xff\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\xbe\xde\xff\xff"))
	from := netip.MustParseAddrPort("127.0.0.1:4000")
	f.Fuzz(func(_ *testing.T, b []byte) {
		s := NewStream(nil)
		s.Retarget(Peer{Addr: from, Events: []uint8{101}})
		s.take(b, from, time.Unix(0, 0))
	})
}
