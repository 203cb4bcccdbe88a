package sip

import (
	"bufio"
	"context"
	"errors"
	"net"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

// tries is how often the request is sent over UDP.
const tries = 3

// session is one run.
type session struct {
	check      *Check
	host, peer string
	phases     netdial.Phases
	said       []byte
}

func (s *session) ask(ctx context.Context) (response, error) {
	if s.check.cfg.Transport == TransportUDP {
		return s.askUDP(ctx)
	}
	return s.askStream(ctx)
}

func (s *session) request(conn net.Conn) request {
	uri := s.check.cfg.URI
	if uri == "" {
		uri = "sip:" + bracket(s.host)
	}
	return newRequest(s.check.cfg.Transport, uri, s.check.cfg.From, conn.LocalAddr().String())
}

// bracket writes an IPv6 address as URIs want it.
func bracket(host string) string {
	if ip := net.ParseIP(host); ip != nil && ip.To4() == nil {
		return "[" + host + "]"
	}
	return host
}

func (s *session) askUDP(ctx context.Context) (response, error) {
	conn, err := s.check.dialer.ConnectUDP(ctx, &s.phases, s.host, s.check.cfg.port())
	if err != nil {
		return response{}, err
	}
	defer conn.Close()
	s.phases.Begin(netdial.PhaseQuery)
	request, trying := s.request(conn), false
	var got response
	s.said, err = netdial.Question{Packet: request.text, Tries: tries, Answers: func(p []byte) bool {
		var err error
		if got, err = parseHead(p); err != nil || !request.answers(got) {
			return false
		}
		trying = trying || got.code < 200
		return got.code >= 200
	}}.Ask(ctx, conn, netdial.PhaseQuery, s.peer)
	if _, junk := errors.AsType[*netdial.Verdict](err); junk && trying {
		// It speaks SIP, but never came to an end.
		err = &netdial.Error{Phase: netdial.PhaseQuery, Peer: s.peer, Err: context.DeadlineExceeded}
	}
	return got, err
}

func (s *session) askStream(ctx context.Context) (response, error) {
	conn, err := s.check.dialer.Connect(ctx, &s.phases, s.host, s.check.cfg.port())
	if err != nil {
		return response{}, err
	}
	defer func() { conn.Close() }()
	if s.check.tls != nil {
		cfg := s.check.tls.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = s.host
		}
		secure, err := netdial.Handshake(ctx, &s.phases, conn, cfg, s.peer)
		if err != nil {
			return response{}, err
		}
		conn = secure
	}
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	s.phases.Begin(netdial.PhaseQuery)
	tape := netdial.NewTape(conn, 4*maxMessage)
	got, err := converse(tape, s.request(conn))
	s.said = tape.Said()
	switch {
	case err == nil:
		return got, nil
	case errors.Is(err, errNoSIP) || errors.Is(err, bufio.ErrBufferFull):
		return got, &netdial.Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", s.peer))}
	}
	return got, &netdial.Error{Phase: netdial.PhaseQuery, Peer: s.peer, Err: err}
}

// converse sends the request and reads past provisional answers.
func converse(conn net.Conn, request request) (response, error) {
	if _, err := conn.Write(request.text); err != nil {
		return response{}, err
	}
	r := bufio.NewReader(conn)
	for {
		got, err := readMessage(r)
		if err != nil || got.code >= 200 && request.answers(got) {
			return got, err
		}
	}
}
