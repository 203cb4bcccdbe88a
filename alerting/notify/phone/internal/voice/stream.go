package voice

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// PCMU is the payload type of µ-law. Source: RFC 3551, table 4.
const PCMU = 0

// frame is the time of one packet.
const frame = 20 * time.Millisecond

// Peer is where the other side's sound comes from and goes to.
type Peer struct {
	Addr netip.AddrPort // as negotiated; invalid or port 0: nothing is sent before something came
	// Signalling is the address that negotiated: sound may come from there too,
	// because many exchanges announce an address that NAT has changed.
	Signalling netip.Addr
	Events     []uint8 // payload types of telephone events
}

// heeds reports whether sound from an address is taken.
func (p Peer) heeds(from netip.AddrPort) bool {
	ip := from.Addr()
	return ip == p.Addr.Addr().Unmap() || ip == p.Signalling.Unmap()
}

// Stream is the sound of one call over one UDP socket. All methods may be used
// at the same time.
//
// The first packet from an address that the peer may have decides where sound
// goes and from where it is taken from then on (symmetric RTP, RFC 4961):
// behind NAT, what was announced is not what arrives.
type Stream struct {
	conn net.PacketConn
	keys chan byte

	mu      sync.Mutex
	peer    Peer
	latched netip.AddrPort // invalid until something came
	clip    []byte         // µ-law still to be said
	done    chan struct{}  // closed when clip is over; nil without one
	begins  bool           // the next packet begins a talkspurt
	said    int            // bytes of clips that were sent
	pad     Keypad
	strange int // packets that were not taken
}

// keyBuffer is how many keys wait to be read; what is beyond is not heard.
const keyBuffer = 16

// NewStream makes the stream of a socket, which it closes at the end of Run.
func NewStream(conn net.PacketConn) *Stream {
	return &Stream{conn: conn, keys: make(chan byte, keyBuffer)}
}

// portTries is how many ports are tried for an even one.
const portTries = 50

// Listen opens a socket with an even port, as RTP wants it (RFC 3550, section
// 11). first to last bound the ports; 0 and 0 are any.
func Listen(local netip.Addr, first, last int) (net.PacketConn, error) {
	var lastErr error
	for range portTries {
		port := 0
		if first > 0 {
			port = first + rand.IntN(last-first+1)
			port -= port % 2
			if port < first {
				port += 2
			}
		}
		conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(local, uint16(port))))
		if err != nil {
			lastErr = err
			continue
		}
		if conn.LocalAddr().(*net.UDPAddr).Port%2 == 0 {
			return conn, nil
		}
		conn.Close()
	}
	if lastErr == nil {
		lastErr = fmt.Errorf("no even port on %s in %d tries", local, portTries)
	}
	return nil, fmt.Errorf("open a port for sound: %w", lastErr)
}

// Port is the local UDP port.
func (s *Stream) Port() int { return s.conn.LocalAddr().(*net.UDPAddr).Port }

// Keys delivers each key press once.
func (s *Stream) Keys() <-chan byte { return s.keys }

// Report takes a key that came by another way than sound.
func (s *Stream) Report(key byte) {
	s.mu.Lock()
	pressed := s.pad.Report(key, time.Now())
	s.mu.Unlock()
	s.deliver(key, pressed)
}

func (s *Stream) deliver(key byte, pressed bool) {
	if !pressed {
		return
	}
	select {
	case s.keys <- key:
	default:
		s.mu.Lock()
		s.strange++
		s.mu.Unlock()
	}
}

// Play says µ-law instead of what is being said; done is closed when the last
// of it was sent, or something else is said.
func (s *Stream) Play(ulaw []byte) (done <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endClip()
	s.clip, s.done, s.begins = ulaw, make(chan struct{}), true
	ch := s.done
	if len(ulaw) == 0 {
		s.endClip()
	}
	return ch
}

func (s *Stream) endClip() {
	if s.done != nil {
		close(s.done)
	}
	s.clip, s.done = nil, nil
}

// Said is how much of all clips was sent.
func (s *Stream) Said() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Duration(s.said) * time.Second / Rate
}

// Strange is how many packets were not taken: of another sender or format, or
// keys that nobody read in time.
func (s *Stream) Strange() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.strange
}

// Retarget takes the peer's new place, after it was negotiated again.
func (s *Stream) Retarget(p Peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.Addr != s.peer.Addr {
		s.latched = netip.AddrPort{}
	}
	s.peer = p
}

// Run sends and receives until ctx ends, and closes the socket. Between clips
// silence is sent, which keeps the way through NAT open.
func (s *Stream) Run(ctx context.Context, peer Peer) {
	s.Retarget(peer)
	var wg sync.WaitGroup
	wg.Go(s.receive)
	s.send(ctx)
	s.conn.Close()
	wg.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endClip()
}

// Close closes the socket of a stream that was never run.
func (s *Stream) Close() { s.conn.Close() }

// maxBehind is how many packets are sent at once after this process was held
// up; what is beyond is left out, or the peer's buffer overflows.
const maxBehind = 5

// send sends a packet every 20 ms by the clock, so that delays do not add up.
func (s *Stream) send(ctx context.Context) {
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	packet := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: PCMU,
		SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(), SSRC: rand.Uint32()}}
	start, sent := time.Now(), 0
	for {
		for due := int(time.Since(start)/frame) + 1; sent < due; sent++ {
			if due-sent <= maxBehind {
				s.sendFrame(&packet)
			}
			packet.Timestamp += FrameSamples
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (s *Stream) sendFrame(p *rtp.Packet) {
	s.mu.Lock()
	to := s.latched
	if !to.IsValid() {
		to = s.peer.Addr
	}
	if !to.IsValid() || to.Port() == 0 || to.Addr().IsUnspecified() {
		s.mu.Unlock()
		return // on hold, or not known yet: what is to be said waits
	}
	p.Payload, p.Marker = s.nextFrame()
	s.mu.Unlock()
	raw, err := p.Marshal()
	if err == nil {
		// A packet that cannot be sent is a lost packet.
		_, _ = s.conn.WriteTo(raw, net.UDPAddrFromAddrPort(to))
	}
	p.SequenceNumber++
}

// nextFrame takes the next 20 ms of the clip, filled up with silence.
func (s *Stream) nextFrame() (payload []byte, first bool) {
	payload = slices.Repeat([]byte{Silence}, FrameSamples)
	n := copy(payload, s.clip)
	if n > 0 {
		first, s.begins = s.begins, false
		s.said += n
		if s.clip = s.clip[n:]; len(s.clip) == 0 {
			s.endClip()
		}
	}
	return payload, first
}

// maxFaults in a row end reception: the socket is broken.
const maxFaults = 100

// receive takes keys until the socket is closed.
func (s *Stream) receive() {
	buf := make([]byte, 2048)
	for faults := 0; faults < maxFaults; {
		n, from, err := s.conn.ReadFrom(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			faults++ // such as a port that is not open yet
			continue
		}
		faults = 0
		if udp, ok := from.(*net.UDPAddr); ok {
			a := udp.AddrPort()
			s.deliver(s.take(buf[:n], netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), time.Now()))
		}
	}
}

// take reads one packet.
func (s *Stream) take(raw []byte, from netip.AddrPort, now time.Time) (key byte, pressed bool) {
	var p rtp.Packet
	err := p.Unmarshal(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	event := slices.Contains(s.peer.Events, p.PayloadType)
	if err != nil || p.Version != 2 || !event && p.PayloadType != PCMU || !s.peer.heeds(from) || s.latched.IsValid() && from != s.latched {
		s.strange++
		return 0, false
	}
	s.latched = from
	if !event {
		return 0, false
	}
	if key, err = parseEvent(p.Payload); err != nil {
		s.strange++
		return 0, false
	}
	return key, s.pad.Event(key, p.Timestamp, now)
}
