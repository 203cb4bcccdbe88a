package dns

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"

	mdns "github.com/miekg/dns"

	"monitord/checks"
	"monitord/checks/internal/netdial"
)

// answer is what a server said: the message once it was understood, and its bytes.
type answer struct {
	msg *mdns.Msg
	raw []byte
}

// evidence is the message as dig would print it, or the bytes.
func (a answer) evidence() []byte {
	if a.msg != nil {
		return netdial.Evidence([]byte(a.msg.String()))
	}
	return netdial.Evidence(a.raw)
}

// tries is how often a question is sent over UDP.
const tries = 3

// bufferSize is what we say a UDP answer may have, in bytes: it passes every
// path unfragmented (DNS Flag Day 2020; RFC 9715).
const bufferSize = 1232

// ask asks one server, over TCP when the answer over UDP is truncated. The
// phases of the exchange are query, and tcp for the second question.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host string, port int, peer string) (answer, error) {
	query := c.query()
	packet, err := query.Pack()
	if err != nil {
		return answer{}, fmt.Errorf("build dns question: %w", err)
	}
	if c.cfg.Transport == TransportTCP {
		return c.askTCP(ctx, phases, netdial.PhaseQuery, query, packet, host, port, peer)
	}
	conn, err := c.dialer.ConnectUDP(ctx, phases, host, port)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	phases.Begin(netdial.PhaseQuery)
	var a answer
	a.raw, err = netdial.Question{Packet: packet, Tries: tries, Answers: func(b []byte) bool {
		a.msg = parse(b, query)
		return a.msg != nil
	}}.Ask(ctx, conn, netdial.PhaseQuery, peer)
	if err != nil {
		return a, err
	}
	phases.End()
	if a.msg.Truncated {
		return c.askTCP(ctx, phases, phaseTCP, query, packet, host, port, peer)
	}
	return a, nil
}

func (c *Check) query() *mdns.Msg {
	m := new(mdns.Msg)
	m.Id = mdns.Id()
	m.RecursionDesired = c.cfg.Recursion
	m.Question = []mdns.Question{c.question()}
	m.SetEdns0(bufferSize, c.cfg.DNSSEC)
	m.AuthenticatedData = c.cfg.DNSSEC // "we understand AD", RFC 6840 section 5.7
	return m
}

// parse reads a packet that answers query; nil when it is something else.
func parse(packet []byte, query *mdns.Msg) *mdns.Msg {
	m := new(mdns.Msg)
	if err := m.Unpack(packet); err != nil || !m.Response || m.Id != query.Id {
		return nil
	}
	// A server that does not understand us may leave the question out (FORMERR).
	if len(m.Question) > 1 || len(m.Question) == 1 && !sameQuestion(m.Question[0], query.Question[0]) {
		return nil
	}
	return m
}

func sameQuestion(a, b mdns.Question) bool {
	return a.Qtype == b.Qtype && a.Qclass == b.Qclass && mdns.CanonicalName(a.Name) == mdns.CanonicalName(b.Name)
}

func (c *Check) askTCP(ctx context.Context, phases *netdial.Phases, phase string, query *mdns.Msg, packet []byte, host string, port int, peer string) (answer, error) {
	conn, err := c.dialer.Connect(ctx, phases, host, port)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	phases.Begin(phase)
	tape := netdial.NewTape(conn, 2+1<<16)
	a := answer{}
	a.raw, err = exchangeTCP(tape, packet)
	if err != nil {
		a.raw = tape.Said()
		return a, &netdial.Error{Phase: phase, Peer: peer, Err: err}
	}
	phases.End()
	if a.msg = parse(a.raw, query); a.msg == nil {
		return a, &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: junk(peer)}
	}
	return a, nil
}

// exchangeTCP sends a message and reads one, each behind its length (RFC 1035,
// section 4.2.2).
func exchangeTCP(conn net.Conn, packet []byte) ([]byte, error) {
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(packet)))
	if _, err := conn.Write(append(framed, packet...)); err != nil {
		return nil, err
	}
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(size[:]))
	_, err := io.ReadFull(conn, body)
	return body, err
}
