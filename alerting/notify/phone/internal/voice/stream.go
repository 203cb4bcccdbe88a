package voice

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
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
