package mysql

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
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

// headSize is a packet's header: 3 bytes length, sequence number.
const headSize = 4

// maxGreeting bounds a greeting's length; real ones have some 100 bytes.
const maxGreeting = 1024

// greetingSize is the length of a greeting by its header, 0 when it is none.
func greetingSize(head [headSize]byte) int {
	size := int(head[0]) | int(head[1])<<8 | int(head[2])<<16
	if size > maxGreeting || head[3] != 0 {
		return 0
	}
	return size
}

// afterVersion is what follows the version's text in a greeting, in bytes: id 4,
// salt 8, filler 1, abilities 2, charset 1, status 2, abilities 2, length of the
// salt 1, reserved 10, rest of the salt 13 (Protocol::HandshakeV10).
const afterVersion = 4 + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10 + 13

// isGreeting says whether a packet is a greeting of protocol 10, or an error
// that a server sends in its place. The driver trusts any length: it would wait
// for three million bytes of "220 mail.example.com", and panic on a short one.
func isGreeting(body []byte) bool {
	switch {
	case len(body) < 4:
		return false
	case body[0] == 0xff: // code 2, then perhaps '#' and five letters of state
		return body[3] != '#' || len(body) >= 9
	case body[0] != 10:
		return false
	}
	end := bytes.IndexByte(body, 0)
	return end > 0 && len(body)-end-1 >= afterVersion
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

// dial connects and waits for the greeting.
func (s *session) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	conn, err := s.Dialer.Connect(ctx, &s.Phases, s.Host, s.Options.Port)
	if err != nil {
		return nil, err
	}
	s.wire = &wire{Tape: netdial.NewTape(conn, sqlanswer.MaxBytes), phases: &s.Phases, tls: s.TLS != nil}
	s.Phases.Begin(netdial.PhaseGreeting)
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if s.wire.head, err = readGreeting(s.wire.Tape); err == nil {
		return s.wire, nil
	}
	conn.Close()
	if errors.Is(err, errNoGreeting) {
		return nil, &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.Peer))}
	}
	return nil, &netdial.Error{Phase: netdial.PhaseGreeting, Peer: s.Peer, Err: err}
}

var errNoGreeting = errors.New("no greeting of MySQL")

// readGreeting reads the first packet, whole.
func readGreeting(r io.Reader) ([]byte, error) {
	var head [headSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := greetingSize(head)
	if size == 0 {
		return nil, errNoGreeting
	}
	packet := append(head[:], make([]byte, size)...)
	if _, err := io.ReadFull(r, packet[headSize:]); err != nil {
		return nil, err
	}
	if !isGreeting(packet[headSize:]) {
		return nil, errNoGreeting
	}
	return packet, nil
}

// tlsConfig is that of this run: its end is where the login begins.
func (s *session) tlsConfig() *tls.Config {
	if s.TLS == nil {
		return nil
	}
	cfg := s.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = s.Host
	}
	cfg.VerifyConnection = func(tls.ConnectionState) error {
		s.Phases.Begin(netdial.PhaseLogin)
		return nil
	}
	return cfg
}
