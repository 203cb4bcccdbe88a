package icmp

import (
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// queueSize bounds the requests that wait to be sent; who asks beyond waits.
const queueSize = 4 * batchSize

// receiveBuffer is what the kernel may hold of replies until we take them.
const receiveBuffer = 4 << 20

// retrySend is the wait when the kernel's send buffer is full.
const retrySend = time.Millisecond

// order is one request to be sent.
type order struct {
	flight *flight
	seq    int
}

// link is the socket of one family with its two goroutines.
type link struct {
	shared *Shared
	socket *socket
	fd     int
	id     uint16
	queue  chan order
	closed chan struct{}
	sender sync.WaitGroup

	mu      sync.Mutex // guards flights and their state
	flights map[uint64]*flight

	taking sync.Mutex // guards in: both goroutines take replies
	in     batch
}

func newLink(v6 bool, s *Shared) (*link, error) {
	l := &link{
		shared: s, id: uint16(rand.Uint32()), queue: make(chan order, queueSize),
		closed: make(chan struct{}), flights: map[uint64]*flight{},
	}
	var err error
	if l.socket, err = openSocket(v6, l.id); err != nil {
		return nil, err
	}
	if !l.socket.raw { // a ping socket gives every message its own identifier: Direct uses one a series
		l.socket.Close()
		return nil, ErrPermission
	}
	if err := l.socket.conn.Control(func(fd uintptr) {
		l.fd = int(fd)
		if unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
			unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
		}
	}); err != nil {
		l.socket.Close()
		return nil, err
	}
	for i := range batchSize {
		l.in.aim(i, make([]byte, replyBytes))
	}
	return l, nil
}

// close ends both goroutines. The sender uses the bare descriptor and is
// joined before it is closed; closing it wakes the receiver, which uses it
// under the file's own guard.
func (l *link) close() {
	close(l.closed)
	l.sender.Wait()
	l.socket.Close()
}

func (l *link) add(f *flight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flights[f.token] = f
}

func (l *link) remove(f *flight) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.flights, f.token)
}

func (l *link) report(f *flight) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Report{Sent: f.tried, SendErr: f.err}
	for _, d := range f.rtt {
		if d > 0 {
			r.RTTs = append(r.RTTs, d)
		}
	}
	return r
}

// sending sends what is queued, as much as there is in one call, and takes the
// replies that are there already: those of near hosts, before the next batch
// could make the kernel's buffer run over.
func (l *link) sending() {
	var out batch
	orders := make([]order, 0, batchSize)
	for {
		orders = orders[:0]
		select {
		case <-l.closed:
			return
		case o := <-l.queue:
			orders = append(orders, o)
		}
		for more := true; more && len(orders) < batchSize; {
			select {
			case o := <-l.queue:
				orders = append(orders, o)
			default:
				more = false
			}
		}
		l.send(&out, orders)
		l.take()
	}
}

// send sends one batch. One that the network refuses counts as lost.
func (l *link) send(out *batch, orders []order) {
	kind := byte(echoRequest4)
	if l.socket.v6 {
		kind = echoRequest6
	}
	for i, o := range orders {
		f := o.flight
		b := out.buffer(i, icmpHeader+f.request.Size)
		out.load(i, f.request.Addr, f.zone, echo{kind: kind, id: l.id, seq: uint16(o.seq), token: f.token}.marshal(b, f.request.Size))
	}
	for i := 0; i < len(orders); {
		l.leave(orders[i:], time.Now())
		n, err := out.send(l.fd, i, len(orders))
		i += n
		if err == nil {
			continue
		}
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.ENOBUFS) {
			select {
			case <-l.closed:
				return
			case <-time.After(retrySend):
			}
			continue
		}
		l.refused(orders[i], err)
		i++
	}
	l.shared.stats.sent.Add(uint64(len(orders)))
}

// leave notes when requests leave; before they do, since replies may be quicker
// than we come back.
func (l *link) leave(orders []order, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range orders {
		if o.flight.sent[o.seq].IsZero() {
			o.flight.tried++
		}
		o.flight.sent[o.seq] = now
	}
}

func (l *link) refused(o order, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o.flight.sent[o.seq] = time.Time{}
	if errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.EINVAL) {
		o.flight.ours = err
	} else {
		o.flight.err = err
	}
	o.flight.finish()
}

// receiving takes replies as they come, until the socket is closed.
func (l *link) receiving() {
	for {
		if err := l.socket.conn.Read(func(uintptr) bool { l.take(); return false }); err != nil {
			return
		}
	}
}

// take takes all replies that are there.
func (l *link) take() {
	l.taking.Lock()
	defer l.taking.Unlock()
	for {
		n, err := l.in.receive(l.fd)
		if err == nil {
			l.match(n, time.Now())
		}
		if err != nil && !errors.Is(err, syscall.ECONNREFUSED) && !unreachable(err) || n < batchSize && err == nil {
			return
		}
	}
}

// match gives n replies to their series.
func (l *link) match(n int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range n {
		got := min(int(l.in.hdrs[i].n), replyBytes)
		e, ok := l.socket.parse(l.in.bytes[i][:got])
		f := l.flights[e.token]
		if !ok || f == nil || int(e.seq) >= len(f.sent) || f.sent[e.seq].IsZero() || f.rtt[e.seq] != 0 {
			l.shared.stats.foreign.Add(1) // somebody else's, late, or a duplicate
			continue
		}
		f.rtt[e.seq] = max(now.Sub(f.sent[e.seq]), 1)
		l.shared.stats.received.Add(1)
		f.finish()
	}
}
