package voice

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/rtp"
)

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
