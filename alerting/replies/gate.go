package replies

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// gate is the listener: it lets the configured networks in, and bounds each
// connection.
type gate struct {
	net.Listener
	s *Server
}

// Accept waits for a peer that may connect; others are told so, and cut.
func (g gate) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.s.allowed(c.RemoteAddr()) {
			return g.s.keep(c), nil
		}
		g.s.note(WhyNetwork, c.RemoteAddr().String(), 0)
		// The line fits into the socket's empty buffer: this does not wait.
		_ = c.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = c.Write([]byte("554 5.7.1 This server takes replies from its relays only\r\n"))
		_ = c.Close()
	}
}

func (s *Server) allowed(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return false
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	return slices.ContainsFunc(s.networks, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// conn bounds a connection in time and bytes, whatever its dialogue does.
type conn struct {
	net.Conn
	s    *Server
	ends time.Time
	left int64 // bytes that may still come
	once sync.Once
}

func (s *Server) keep(c net.Conn) *conn {
	k := &conn{Conn: c, s: s, ends: time.Now().Add(connTimeout), left: s.limits.connBytes}
	s.open.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[k] = struct{}{}
	if s.cut {
		_ = c.Close()
	}
	return k
}

// cutAll ends every connection.
func (s *Server) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut = true
	for c := range s.conns {
		_ = c.Conn.Close()
	}
}

// Close forgets the connection.
func (c *conn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() {
		c.s.mu.Lock()
		delete(c.s.conns, c)
		c.s.mu.Unlock()
		c.s.open.Done()
	})
	return err
}

// Read ends the connection when it has sent what it may.
func (c *conn) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, net.ErrClosed
	}
	n, err := c.Conn.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// SetDeadline, SetReadDeadline and SetWriteDeadline never reach beyond the end
// of the connection.
func (c *conn) SetDeadline(t time.Time) error { return c.Conn.SetDeadline(c.bound(t)) }

// SetReadDeadline is explained there.
func (c *conn) SetReadDeadline(t time.Time) error { return c.Conn.SetReadDeadline(c.bound(t)) }

// SetWriteDeadline is explained there.
func (c *conn) SetWriteDeadline(t time.Time) error { return c.Conn.SetWriteDeadline(c.bound(t)) }

func (c *conn) bound(t time.Time) time.Time {
	if t.IsZero() || t.After(c.ends) {
		return c.ends
	}
	return t
}
