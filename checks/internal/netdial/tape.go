package netdial

import (
	"errors"
	"net"
	"sync"

	"monitord/checks"
)

// Tape is a connection that keeps the first bytes that the peer said, for
// evidence, and that ends after a limit, because a peer that never ends must
// not fill our memory. It is safe for one reader and one writer at a time.
type Tape struct {
	net.Conn

	mu   sync.Mutex
	said []byte
	left int
	err  error
}

// errTooMuch is the end of a peer's patience with us turned round.
var errTooMuch = errors.New("more than the allowed answer came")

// NewTape wraps conn; limit is in bytes.
func NewTape(conn net.Conn, limit int) *Tape { return &Tape{Conn: conn, left: limit} }

// Read reads and keeps.
func (t *Tape) Read(b []byte) (int, error) {
	t.mu.Lock()
	left := t.left
	t.mu.Unlock()
	if left <= 0 {
		return 0, t.fail(errTooMuch)
	}
	n, err := t.Conn.Read(b[:min(len(b), left)])
	t.mu.Lock()
	t.left -= n
	t.said = append(t.said, b[:min(n, checks.EvidenceLimit-len(t.said))]...)
	t.mu.Unlock()
	if err != nil {
		t.fail(err)
	}
	return n, err
}

// Write writes.
func (t *Tape) Write(b []byte) (int, error) {
	n, err := t.Conn.Write(b)
	if err != nil {
		t.fail(err)
	}
	return n, err
}

// fail keeps the first error: libraries hide it behind their own.
func (t *Tape) fail(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
	return err
}

// Said is a copy of the first EvidenceLimit bytes that the peer said.
func (t *Tape) Said() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.said...)
}

// Err is the first error of reading or writing, nil when there was none.
func (t *Tape) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}
