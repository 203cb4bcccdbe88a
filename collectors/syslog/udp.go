package syslog

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
)

const (
	readBatch = 64  // packets of one recvmmsg
	takeBatch = 512 // messages handed on at a time
)

// batchReader is ipv4.PacketConn or ipv6.PacketConn.
type batchReader interface {
	ReadBatch(ms []ipv4.Message, flags int) (int, error)
}

// serveUDP reads into a queue, and hands on from there: reading never waits for the
// rules.
func (s *Server) serveUDP(ctx context.Context, sock *socket) error {
	q := newQueue()
	defer s.keepDrops(sock)
	return rungroup.Stages(ctx,
		[]rungroup.Runner{{Name: "read", Run: func(ctx context.Context) error { return s.readUDP(ctx, sock, q) }}},
		[]rungroup.Runner{{Name: "hand on", Run: func(ctx context.Context) error { return s.handOn(ctx, q) }}},
	)
}

// keepDrops remembers what a socket that is about to be closed has dropped.
func (s *Server) keepDrops(sock *socket) {
	n := sock.drops()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kernel += n
	sock.inode = 0 // of no socket: it is not counted twice
}

// readUDP reads until ctx ends, and then what the kernel still holds.
func (s *Server) readUDP(ctx context.Context, sock *socket, q *queue) error {
	var r batchReader = ipv4.NewPacketConn(sock.packets)
	if local := sock.packets.LocalAddr().(*net.UDPAddr); local.IP.To4() == nil {
		r = ipv6.NewPacketConn(sock.packets)
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.packets.SetReadDeadline(time.Now().Add(s.limits.idle)) })
	defer stop()
	var last time.Time // when reading ends; zero: not yet
	quiet := 0         // reads in vain since
	var batch []ipv4.Message
	size := 0
	for {
		p := s.policy.Load()
		if size != p.cfg.MaxMessage {
			size = p.cfg.MaxMessage
			batch = newBatch(size)
		}
		if ctx.Err() != nil {
			if last.IsZero() {
				last = time.Now().Add(s.limits.drain)
			}
			if time.Now().After(last) {
				return nil
			}
			if err := sock.packets.SetReadDeadline(time.Now().Add(s.limits.idle)); err != nil {
				return nil
			}
		}
		n, err := r.ReadBatch(batch, 0)
		if err != nil {
			timeout := errors.Is(err, os.ErrDeadlineExceeded)
			if timeout && !last.IsZero() {
				quiet++
			}
			if quiet > 1 { // once may only mean that this machine is busy
				return nil
			}
			if timeout || errors.Is(err, unix.EINTR) {
				continue
			}
			return fmt.Errorf("read %s: %w", sock.address, err)
		}
		now := s.deps.Now()
		for i := range batch[:n] {
			s.packet(p, q, &batch[i], now)
		}
	}
}

func newBatch(size int) []ipv4.Message {
	batch := make([]ipv4.Message, readBatch)
	for i := range batch {
		batch[i].Buffers = [][]byte{make([]byte, size)}
	}
	return batch
}

// packet queues one datagram, if its sender may send and there is room.
func (s *Server) packet(p *policy, q *queue, m *ipv4.Message, now time.Time) {
	c := s.counts[udp]
	from := addressOf(m.Addr)
	if !p.allowed(udp, from) {
		c.refused(reasonSource)
		s.note("a stranger sends syslog by UDP; add its network to logs.syslog.udp.from if it should", logkeys.Addr, from)
		return
	}
	c.received.Add(1)
	if !p.rate.Allow(from.String(), now) {
		c.dropped(reasonRate, from)
		s.note("syslog messages of one sender are dropped: more than logs.syslog.rate in a second", logkeys.Addr, from)
		return
	}
	one := packet{from: from, at: now, text: string(m.Buffers[0][:m.N]), cut: m.Flags&unix.MSG_TRUNC != 0}
	if !q.put(one) {
		c.dropped(reasonQueue, from)
		s.note("syslog messages by UDP are dropped: they come faster than rules can be run on them; use TCP, whose senders wait", logkeys.Addr, from)
	}
}

func addressOf(a net.Addr) netip.Addr {
	var ip netip.Addr
	switch a := a.(type) {
	case *net.UDPAddr:
		ip = a.AddrPort().Addr()
	case *net.TCPAddr:
		ip = a.AddrPort().Addr()
	}
	return ip.Unmap().WithZone("")
}

// handOn works on the queue until ctx ends, and then gives what is left a bounded
// time.
func (s *Server) handOn(ctx context.Context, q *queue) error {
	takers := newTakers()
	work, cancel := s.outlive(ctx)
	defer cancel()
	for {
		packets := q.take(takeBatch)
		if len(packets) == 0 {
			select {
			case <-q.ready:
				continue
			case <-ctx.Done():
			}
			if packets = q.take(takeBatch); len(packets) == 0 {
				return nil
			}
		}
		if err := s.handOnPackets(work, takers, packets); err != nil {
			s.dropRest(packets, q)
			return nil
		}
	}
}

func (s *Server) handOnPackets(ctx context.Context, t *takers, packets []packet) error {
	p, d := s.policy.Load(), s.deps.Directory()
	lines := make([]Line, 0, len(packets))
	for i := range packets {
		one := &packets[i]
		lines = append(lines, s.line(p, d, t.of(p, one.from), one.text, one.cut, one.at))
	}
	return s.deliver(ctx, udp, lines)
}

// dropRest counts what could not be handed on before the end.
func (s *Server) dropRest(packets []packet, q *queue) {
	for len(packets) > 0 {
		for i := range packets {
			s.counts[udp].dropped(reasonStop, packets[i].from)
		}
		packets = q.take(takeBatch)
	}
}

// outlive is a context that ends a grace after ctx.
func (s *Server) outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(s.limits.grace, cancel) })
	return work, func() { stop(); cancel() }
}
