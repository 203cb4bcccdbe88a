package mysql

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/text"
)

// wire is the connection as the driver sees it. The driver does greeting, TLS
// and login in one call; what passes here tells which of them runs.
type wire struct {
	*netdial.Tape
	phases *netdial.Phases
	tls    bool
	head   []byte // of the greeting, read ahead
	wrote  bool
}

// headSize is the part of a greeting by which it is known: the packet's header
// (3 bytes length, sequence number) and the protocol's version.
const headSize = 5

// maxGreeting bounds a greeting's length; real ones have some 100 bytes.
const maxGreeting = 1024

// isGreeting says whether the first bytes begin a greeting of protocol 10, or
// an error that a server sends in its place. The driver trusts any length, and
// would wait for three million bytes of "220 mail.example.com".
func isGreeting(head []byte) bool {
	if len(head) < headSize {
		return false
	}
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	return size > 1 && size <= maxGreeting && head[3] == 0 && (head[4] == 10 || head[4] == 0xff)
}

// Read gives the head back first.
func (w *wire) Read(b []byte) (int, error) {
	if len(w.head) > 0 {
		n := copy(b, w.head)
		w.head = w.head[n:]
		return n, nil
	}
	return w.Tape.Read(b)
}

// Write begins the phase that follows the greeting.
func (w *wire) Write(b []byte) (int, error) {
	if !w.wrote {
		w.wrote = true
		if w.tls {
			w.phases.Begin(netdial.PhaseTLS)
		} else {
			w.phases.Begin(netdial.PhaseLogin)
		}
	}
	return w.Tape.Write(b)
}

// dial connects and waits for the beginning of the greeting.
func (s *session) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := s.check.dialer.Connect(ctx, &s.phases, s.host, s.check.cfg.Port)
	if err != nil {
		return nil, err
	}
	s.wire = &wire{Tape: netdial.NewTape(conn, sqlanswer.MaxBytes), phases: &s.phases, tls: s.check.tls != nil}
	s.phases.Begin(netdial.PhaseGreeting)
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	head := make([]byte, headSize)
	if _, err := io.ReadFull(s.wire.Tape, head); err != nil {
		conn.Close()
		return nil, &netdial.Error{Phase: netdial.PhaseGreeting, Peer: s.peer, Err: err}
	}
	if !isGreeting(head) {
		conn.Close()
		return nil, &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.peer))}
	}
	s.wire.head = head
	return s.wire, nil
}

// tlsConfig is that of this run: its end is where the login begins.
func (s *session) tlsConfig() *tls.Config {
	if s.check.tls == nil {
		return nil
	}
	cfg := s.check.tls.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = s.host
	}
	cfg.VerifyConnection = func(tls.ConnectionState) error {
		s.phases.Begin(netdial.PhaseLogin)
		return nil
	}
	return cfg
}
