package syslog

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"monitord/internal/logkeys"
)

const (
	connBuffer  = 16 << 10
	streamBatch = 256 // messages handed on at a time
	acceptPause = 100 * time.Millisecond
	keepAlive   = time.Minute // finds senders that are gone
)

// serveStream accepts until ctx ends, and then waits for the connections.
func (s *Server) serveStream(ctx context.Context, k kind, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	var open sync.WaitGroup
	defer open.Wait()
	for {
		raw, err := ln.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			// Out of descriptors, most of the time: that passes.
			s.note("a connection of syslog cannot be accepted", logkeys.Err, err)
			select {
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		c := s.admit(k, raw)
		if c == nil {
			_ = raw.Close()
			continue
		}
		open.Go(func() {
			defer s.leave(c)
			s.serveConn(ctx, c)
		})
	}
}

// conn is one connection. Its Read is called by the framer when it has nothing left,
// so that whole messages are handed on before more is waited for.
type conn struct {
	net.Conn // what messages are read from
	raw      net.Conn
	kind     kind
	ip       netip.Addr
	flush    func() error
	slow     time.Duration

	mu    sync.Mutex
	begun time.Time     // of the message under way; zero: none
	last  time.Time     // when reading ends for good; zero: not yet
	idle  time.Duration // with last: what ends it before
}

// admit lets a connection in when its source may send and there is room.
func (s *Server) admit(k kind, raw net.Conn) *conn {
	c := &conn{Conn: raw, raw: raw, kind: k, ip: addressOf(raw.RemoteAddr()), slow: s.limits.frame}
	p := s.policy.Load()
	if !p.allowed(k, c.ip) {
		s.counts[k].refused(reasonSource)
		s.note("a stranger connects to syslog; add its network to from if it should", logkeys.Addr, c.ip)
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all, same := 0, 0
	for other := range s.conns {
		if other.kind == k {
			all++
			if other.ip == c.ip {
				same++
			}
		}
	}
	switch {
	case all >= p.cfg.MaxConnections:
		s.counts[k].refused(reasonFull)
		s.note("syslog has logs.syslog.max_connections connections; another one is refused", logkeys.Addr, c.ip)
		return nil
	case same >= p.cfg.MaxPerSource:
		s.counts[k].refused(reasonPerSource)
		s.note("one sender of syslog has logs.syslog.max_per_source connections; another one is refused", logkeys.Addr, c.ip)
		return nil
	}
	s.conns[c] = struct{}{}
	s.counts[k].connections.Add(1)
	if t, ok := raw.(*net.TCPConn); ok {
		_ = t.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: keepAlive, Interval: keepAlive / 4, Count: 4})
	}
	return c
}

func (s *Server) leave(c *conn) {
	// The farewell of TLS must not wait for a peer that does not read.
	_ = c.raw.SetWriteDeadline(time.Now().Add(time.Second))
	_ = c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.counts[c.kind].connections.Add(-1)
}

// abort ends a connection at once.
func (c *conn) abort() { _ = c.raw.Close() }

// serveConn reads a connection to its end.
func (s *Server) serveConn(ctx context.Context, c *conn) {
	from := sender{kind: c.kind, ip: c.ip}
	if c.kind == overTLS {
		secured, err := s.handshake(ctx, c)
		if err != nil {
			s.counts[overTLS].refused(reasonHandshake)
			s.note("a connection of syslog by TLS is refused", logkeys.Addr, c.ip, logkeys.Err, err)
			return
		}
		c.Conn, from.names = secured, certNames(secured.ConnectionState())
	}
	stop := context.AfterFunc(ctx, func() { c.endAt(time.Now().Add(s.limits.drain), s.limits.idle) })
	defer stop()
	work, cancel := s.outlive(ctx)
	defer cancel()
	s.readStream(work, c, newTaker(s.policy.Load(), from))
}

func (s *Server) handshake(ctx context.Context, c *conn) (*tls.Conn, error) {
	config := s.policy.Load().tls
	if config == nil {
		return nil, errors.New("it was just switched off")
	}
	secured := tls.Server(c.raw, config)
	limited, cancel := context.WithTimeout(ctx, s.limits.handshake)
	defer cancel()
	if err := secured.HandshakeContext(limited); err != nil {
		return nil, err
	}
	return secured, nil
}

// readStream hands on message by message, in batches of what has come at once.
func (s *Server) readStream(ctx context.Context, c *conn, t *taker) {
	counts := s.counts[c.kind]
	var lines []Line
	c.flush = func() error {
		if len(lines) == 0 {
			return nil
		}
		err := s.deliver(ctx, c.kind, lines)
		if err != nil {
			counts.droppedAll(reasonStop, c.ip, len(lines))
		}
		lines = nil // the sink may keep them
		return err
	}
	f := framer{r: bufio.NewReaderSize(c, connBuffer), begun: c.begin}
	var buf []byte
	for {
		p := s.policy.Load()
		f.limit = p.cfg.MaxMessage
		one, err := f.next(buf)
		late := c.done()
		if err == nil {
			buf = one.bytes
			counts.received.Add(1)
			if one.half {
				counts.half.Add(1)
			}
			if s.paced(ctx, p, c) == nil {
				lines = append(lines, s.line(p, s.deps.Directory(), t, string(one.bytes), one.cut, s.deps.Now()))
			} else {
				counts.dropped(reasonStop, c.ip)
			}
		}
		if err != nil || one.half || len(lines) >= streamBatch || ctx.Err() != nil {
			if c.flush() != nil || err != nil || one.half || ctx.Err() != nil {
				s.sayWhy(c, err, late && one.half)
				return
			}
		}
	}
}

// sayWhy counts connections that we ended ourselves.
func (s *Server) sayWhy(c *conn, err error, late bool) {
	switch {
	case late:
		s.counts[c.kind].closed(reasonSlow)
		s.note("a sender of syslog did not end its message in time; its connection is closed", logkeys.Addr, c.ip)
	case errors.Is(err, errFraming):
		s.counts[c.kind].closed(reasonUnreadable)
		s.note("a connection to syslog carries something else; it is closed", logkeys.Addr, c.ip)
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded):
		s.deps.Logger.Debug("a connection of syslog ended", logkeys.Addr, c.ip, logkeys.Err, err)
	}
}

// paced waits while a source is over its rate: the sender waits too, by TCP.
func (s *Server) paced(ctx context.Context, p *policy, c *conn) error {
	for !p.rate.Allow(c.ip.String(), s.deps.Now()) {
		if err := c.flush(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond): // a part of the second that is counted
		}
	}
	return nil
}

// begin starts the time that a message has.
func (c *conn) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.begun = time.Now()
}

// done ends it, and says whether it was over.
func (c *conn) done() (late bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	late = !c.begun.IsZero() && time.Since(c.begun) >= c.slow
	c.begun = time.Time{}
	return late
}

// endAt bounds what is still read: until t, or until nothing came for a while.
func (c *conn) endAt(t time.Time, idle time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last, c.idle = t, idle
	_ = c.raw.SetReadDeadline(time.Now().Add(idle))
}

// Read hands on what is complete, and waits for more.
func (c *conn) Read(b []byte) (int, error) {
	began := time.Now()
	if err := c.flush(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	if !c.begun.IsZero() {
		c.begun = c.begun.Add(time.Since(began)) // the sender is not slow while we are
	}
	c.mu.Unlock()
	n, ending, err := c.wait(b)
	if ending && n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		n, _, err = c.wait(b) // once may only mean that this machine is busy
	}
	return n, err
}

// wait reads for as long as the sender has. ending says that the server ends.
func (c *conn) wait(b []byte) (n int, ending bool, err error) {
	c.mu.Lock()
	until := c.last
	ending = !until.IsZero()
	if soon := time.Now().Add(c.idle); ending && soon.Before(until) {
		until = soon
	}
	if !c.begun.IsZero() && (until.IsZero() || c.begun.Add(c.slow).Before(until)) {
		until = c.begun.Add(c.slow)
	}
	err = c.raw.SetReadDeadline(until)
	c.mu.Unlock()
	if err != nil {
		return 0, ending, err
	}
	n, err = c.Conn.Read(b)
	return n, ending, err
}
