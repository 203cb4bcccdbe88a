package ntp

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/beevik/ntp"

	"monitord/checks/internal/netdial"
)

// tries is how often a server is asked; each is a question of its own, because
// the time of sending is a part of the answer.
const tries = 3

// ask returns the answer, or what came in its place.
func (c *Check) ask(ctx context.Context, phases *netdial.Phases, host, peer string) (*ntp.Response, []byte, error) {
	conn, err := c.dialer.ConnectUDP(ctx, phases, host, c.cfg.Port)
	if err != nil {
		return nil, nil, err
	}
	defer conn.Close()
	phases.Begin(netdial.PhaseQuery)
	var said []byte
	for left := tries; left > 0; left-- {
		var answer *ntp.Response
		answer, said, err = once(ctx, share(ctx, left), conn, peer)
		if err == nil || !netdial.IsTimeout(err) || ctx.Err() != nil {
			return answer, said, err
		}
	}
	return nil, said, err
}

// share is the end of a try's part of the time that is left.
func share(ctx context.Context, left int) time.Time {
	end, ok := ctx.Deadline()
	if !ok {
		end = time.Now().Add(5 * time.Second * time.Duration(left))
	}
	return time.Now().Add(time.Until(end) / time.Duration(left))
}

func once(ctx context.Context, end time.Time, conn net.Conn, peer string) (*ntp.Response, []byte, error) {
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	line := &line{Conn: conn, ask: func(question []byte) ([]byte, error) {
		return netdial.Question{Packet: question, Tries: 1, Answers: func(p []byte) bool {
			return answers(p, question)
		}}.Ask(ctx, conn, netdial.PhaseQuery, peer)
	}}
	answer, err := ntp.QueryWithOptions(peer, ntp.QueryOptions{
		Dialer: func(string, string) (net.Conn, error) { return line, nil },
	})
	if err != nil {
		if _, ours := errors.AsType[*netdial.Error](err); !ours {
			err = &netdial.Error{Phase: netdial.PhaseQuery, Peer: peer, Err: err}
		}
		return nil, line.said, err
	}
	return answer, line.said, nil
}

// line is the socket as the library sees it: what it reads is the answer to
// what it wrote, and whatever else comes is skipped.
type line struct {
	net.Conn
	ask      func(question []byte) ([]byte, error)
	question []byte
	said     []byte
}

// Write keeps the question; Read sends it.
func (l *line) Write(b []byte) (int, error) {
	l.question = append([]byte(nil), b...)
	return len(b), nil
}

// Read sends the question and waits for its answer.
func (l *line) Read(b []byte) (int, error) {
	said, err := l.ask(l.question)
	l.said = append([]byte(nil), said...)
	if err != nil {
		return 0, err
	}
	return copy(b, said), nil
}

// Close does nothing: the socket is the run's. SetDeadline neither: Ask does.
func (l *line) Close() error { return nil }

// SetDeadline leaves the deadline to Ask.
func (l *line) SetDeadline(time.Time) error { return nil }

// The layout of an NTP packet (RFC 5905, section 7.3).
const (
	packetSize   = 48
	modeServer   = 4
	originAt     = 24
	transmitAt   = 40
	timestampLen = 8
)

// answers says whether a packet is a server's answer to this question: it gives
// back the time of sending that the question claimed, which is random.
func answers(packet, question []byte) bool {
	return len(packet) >= packetSize && len(question) >= packetSize && packet[0]&7 == modeServer &&
		string(packet[originAt:originAt+timestampLen]) == string(question[transmitAt:transmitAt+timestampLen])
}
