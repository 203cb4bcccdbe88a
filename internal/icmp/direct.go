package icmp

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Direct is a Pinger that opens a socket for each series.
type Direct struct{}

// Ping sends the series and waits for the replies, at most until ctx ends.
func (Direct) Ping(ctx context.Context, r Request) (Report, error) {
	id := uint16(rand.Uint32())
	s, err := openSocket(!r.Addr.Is4(), id)
	if err != nil {
		return Report{}, err
	}
	defer s.Close()
	stop := context.AfterFunc(ctx, func() { s.file.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	to, err := sockaddr(r.Addr)
	if err != nil {
		return Report{}, err
	}
	se := series{
		socket: s, to: to, request: r, id: id, token: rand.Uint64(),
		buf: make([]byte, icmpHeader+r.Size+60+1), sent: make([]time.Time, r.Count), rtt: make([]time.Duration, r.Count),
	}
	return se.run(ctx)
}

// series is one Request under way.
type series struct {
	socket  *socket
	to      unix.Sockaddr
	request Request
	id      uint16
	token   uint64
	buf     []byte
	sent    []time.Time     // by sequence number; zero when it did not leave
	rtt     []time.Duration // by sequence number; zero when no reply came
	missing int             // replies that may still come
	report  Report
}

// run sends and listens in turn, in one goroutine.
func (s *series) run(ctx context.Context) (Report, error) {
	next := time.Now()
	for seq := range s.request.Count {
		if ctx.Err() != nil {
			break
		}
		if err := s.send(seq); err != nil {
			return Report{}, err
		}
		wait := s.request.Wait
		last := seq == s.request.Count-1
		if !last {
			wait = s.request.Interval
		}
		next = next.Add(wait)
		if last {
			next = time.Now().Add(wait)
		}
		if err := s.listen(ctx, next, last); err != nil {
			return Report{}, err
		}
	}
	for _, d := range s.rtt {
		if d > 0 {
			s.report.RTTs = append(s.report.RTTs, d)
		}
	}
	return s.report, nil
}

// send sends one request. One that the network refuses counts as lost.
func (s *series) send(seq int) error {
	kind := byte(echoRequest4)
	if s.socket.v6 {
		kind = echoRequest6
	}
	b := echo{kind: kind, id: s.id, seq: uint16(seq), token: s.token}.marshal(s.buf, s.request.Size)
	s.sent[seq] = time.Now()
	s.report.Sent++
	switch err := s.socket.send(b, s.to); {
	case err == nil:
		s.missing++
	case errors.Is(err, unix.EMSGSIZE), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.EINVAL):
		return err
	default:
		s.sent[seq], s.report.SendErr = time.Time{}, err
	}
	return nil
}

// listen takes replies until a deadline; for the last request only until all
// have come.
func (s *series) listen(ctx context.Context, until time.Time, last bool) error {
	for !last || s.missing > 0 {
		e, err := s.socket.receive(ctx, s.buf, until)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		if unreachable(err) {
			s.report.SendErr = err
			continue
		}
		if err != nil {
			return err
		}
		seq := int(e.seq)
		if e.token != s.token || seq >= len(s.sent) || s.sent[seq].IsZero() || s.rtt[seq] != 0 {
			continue // somebody else's, or a duplicate
		}
		s.rtt[seq] = max(time.Since(s.sent[seq]), 1)
		s.missing--
	}
	return nil
}

// unreachable is what a ping socket hears of ICMP errors.
func unreachable(err error) bool {
	return errors.Is(err, unix.EHOSTUNREACH) || errors.Is(err, unix.ENETUNREACH) || errors.Is(err, unix.ECONNREFUSED)
}
