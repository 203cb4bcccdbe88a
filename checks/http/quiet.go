package http

import (
	"net"
	"sync"
)

// quietConn holds back what the server says before it was asked. net/http
// reads ahead, and writes what comes unasked to the process's default logger:
// a peer would write our log. Here it is read as the answer, and judged.
type quietConn struct {
	net.Conn
	once  sync.Once
	asked chan struct{} // nil until arm: everything passes (the TLS handshake)
}

// arm begins to hold back. It is called before another goroutine has the conn.
func (c *quietConn) arm() { c.asked = make(chan struct{}) }

func (c *quietConn) release() {
	if c.asked != nil {
		c.once.Do(func() { close(c.asked) })
	}
}

// Read waits for the first Write.
func (c *quietConn) Read(b []byte) (int, error) {
	if c.asked != nil {
		<-c.asked
	}
	return c.Conn.Read(b)
}

// Write lets the answer through.
func (c *quietConn) Write(b []byte) (int, error) {
	defer c.release() // after: what came before it is an answer too
	return c.Conn.Write(b)
}

// Close lets a waiting Read end.
func (c *quietConn) Close() error {
	err := c.Conn.Close()
	c.release()
	return err
}
