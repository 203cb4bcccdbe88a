package netdial

import (
	"context"
	"net"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

// maxJunk is how many packets that are no answer are skipped before the peer is
// said not to speak the protocol: a stray or forged one must not decide, and a
// flood must not keep us busy until the time-out.
const maxJunk = 32

// Question is one question over UDP.
type Question struct {
	Packet []byte
	// Tries is how often the packet is sent, spread evenly over the time that
	// ctx has; one lost packet is no failure of the service. At least 1.
	Tries int
	// Answers says whether a packet is the answer; others are skipped.
	Answers func(packet []byte) bool
}

// Ask sends the question on a connected socket and returns the answer. When
// only other packets came, err is a Verdict (protocol) and the last of them is
// returned. The caller begins the phase; peer names the server for people.
func (q Question) Ask(ctx context.Context, conn net.Conn, phase, peer string) ([]byte, error) {
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	h := &hearing{buf: make([]byte, 64<<10)}
	var err error
	for left := max(1, q.Tries); left > 0 && ctx.Err() == nil; left-- {
		setShare(ctx, conn, left)
		if _, err = conn.Write(q.Packet); err == nil {
			if err = h.listen(conn, q.Answers); err == nil {
				return h.last, nil
			}
		}
		if !IsTimeout(err) || h.junk >= maxJunk {
			break // refused, or hopeless
		}
	}
	if h.junk > 0 && IsTimeout(err) {
		err = &Verdict{Reason: checks.ReasonProtocol, Summary: text.M("check.junk", text.Str("peer", peer))}
	}
	return h.last, &Error{Phase: phase, Peer: peer, Err: err}
}

// setShare gives this try its share of the time that is left.
func setShare(ctx context.Context, conn net.Conn, tries int) {
	if end, ok := ctx.Deadline(); ok {
		now := time.Now()
		conn.SetDeadline(now.Add(end.Sub(now) / time.Duration(tries)))
	}
}

// hearing is what came so far.
type hearing struct {
	buf  []byte
	last []byte // the last packet, a part of buf
	junk int
}

// listen reads until a packet is the answer.
func (h *hearing) listen(conn net.Conn, answers func([]byte) bool) error {
	for {
		n, err := conn.Read(h.buf)
		if err != nil {
			return err
		}
		h.last = h.buf[:n]
		if answers(h.last) {
			return nil
		}
		if h.junk++; h.junk >= maxJunk {
			return context.DeadlineExceeded // as good as silence
		}
	}
}
