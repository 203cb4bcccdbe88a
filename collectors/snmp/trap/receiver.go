package trap

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
	"monitord/internal/udpsocket"
)

// Bounds of a receiver.
const (
	queueSize   = 4096
	batchSize   = 256
	maxDatagram = 65507
	// readBuffer is what the kernel is asked to keep for us while we are busy.
	readBuffer = 4 << 20
	// retryAfter is the pause when what takes notifications cannot.
	retryAfter = time.Second
)

// Deps is what a Receiver needs.
type Deps struct {
	Logger *slog.Logger
	Now    func() time.Time
	// Take makes notifications durable, in their order; they are offered again, and
	// others dropped meanwhile, until it returns nil.
	Take func(ctx context.Context, list []Notification) error
	// Rest is told, each minute, the number of what was Beyond.
	Rest func(ctx context.Context, r Rest) error
	// Engine is ours, for informs of version 3, whose receiver is the authority.
	Engine Engine
}

// Receiver hears notifications. Make it with New, run it once.
type Receiver struct {
	deps    Deps
	conn    *net.UDPConn
	kernel  udpsocket.Socket
	queue   chan item
	decoder *decoder
	repeats *repeats
	budget  budget

	mu    sync.Mutex
	stats Stats
}

// item is a notification with the answer that its sender waits for.
type item struct {
	n      Notification
	answer []byte // nil for a trap
	to     netip.AddrPort
}

// New reads the words that senders are known by, and listens. The error says
// what is wrong with the configuration, or who has the port.
func New(c Config, deps Deps) (*Receiver, error) {
	a, err := c.load()
	if err != nil {
		return nil, err
	}
	d, err := newDecoder(a, deps.Engine, deps.Now)
	if err != nil {
		return nil, err
	}
	conn, err := listen(c.Listen)
	if err != nil {
		return nil, err
	}
	kernel, err := udpsocket.Tune(conn, readBuffer)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("traps: %w", err), conn.Close())
	}
	return &Receiver{
		deps: deps, conn: conn, kernel: kernel, queue: make(chan item, queueSize), decoder: d,
		repeats: newRepeats(), budget: budget{lines: c.JournalLines, minute: deps.Now(), counts: map[kind]int{}},
	}, nil
}

func listen(address string) (*net.UDPConn, error) {
	var config net.ListenConfig
	p, err := config.ListenPacket(context.Background(), "udp", address)
	if err != nil {
		return nil, fmt.Errorf("traps: %w (another program may have the port: see ss -ulpn; set traps: listen: to another one, or give us the right to ports below 1024)", err)
	}
	conn, ok := p.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("traps: %s is no UDP address", address), p.Close())
	}
	return conn, nil
}

// Addr is where it listens.
func (r *Receiver) Addr() net.Addr { return r.conn.LocalAddr() }

// Run hears until ctx ends, then takes what waits.
func (r *Receiver) Run(ctx context.Context) error {
	defer r.close()
	return rungroup.Stages(ctx,
		[]rungroup.Runner{{Name: "hear traps", Run: r.read}},
		[]rungroup.Runner{{Name: "take traps", Run: r.take}})
}

// close keeps what the kernel counted of the socket: it forgets that with it.
func (r *Receiver) close() {
	drops := int(r.kernel.Drops())
	r.count(func(s *Stats) { s.Kernel = drops })
	_ = r.conn.Close()
}

// read decodes datagrams until ctx ends.
func (r *Receiver) read(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = r.conn.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, maxDatagram)
	for ctx.Err() == nil {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if ctx.Err() == nil {
				r.count(func(s *Stats) { s.Failed++ })
			}
			continue
		}
		r.datagram(buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
	return nil
}

// datagram is one message.
func (r *Receiver) datagram(msg []byte, from netip.AddrPort) {
	got, reason := r.decoder.decode(msg, from.Addr())
	if reason != "" {
		r.count(func(s *Stats) { s.refuse(reason) })
		r.deps.Logger.Debug("notification refused", logkeys.Addr, from.String(), logkeys.Reason, reason)
		return
	}
	if got.report != nil { // somebody asks who we are
		r.reply(got.report, from)
		return
	}
	select {
	case r.queue <- item{got.n, got.answer, from}:
		r.count(func(s *Stats) { s.Received++ })
	default:
		r.count(func(s *Stats) { s.Dropped++ })
	}
}

func (r *Receiver) reply(msg []byte, to netip.AddrPort) {
	if _, err := r.conn.WriteToUDPAddrPort(msg, to); err != nil {
		r.count(func(s *Stats) { s.Failed++ })
	}
}

// take hands on what waits, in batches, and answers informs.
func (r *Receiver) take(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case one := <-r.queue:
			r.batch(ctx, one)
		case <-tick.C:
		case <-ctx.Done():
			select {
			case one := <-r.queue: // the last ones, once
				r.batch(ctx, one)
				continue
			default:
				return nil
			}
		}
		r.minute(ctx)
	}
}

// batch takes one and what waits behind it.
func (r *Receiver) batch(ctx context.Context, one item) {
	batch := []item{one}
	for len(batch) < batchSize && len(r.queue) > 0 {
		batch = append(batch, <-r.queue)
	}
	var list []Notification
	for i := range batch {
		n := &batch[i].n
		if r.repeats.known(n) {
			r.count(func(s *Stats) { s.Repeated++ })
			continue
		}
		n.Beyond = r.budget.beyond(n)
		list = append(list, *n)
	}
	if len(list) > 0 && !r.durable(ctx, list) {
		return // not answered: who sent an inform sends it again
	}
	for _, one := range batch {
		if one.answer != nil {
			r.reply(one.answer, one.to)
		}
	}
}

// durable offers a batch until it is taken, or ctx ends.
func (r *Receiver) durable(ctx context.Context, list []Notification) bool {
	for {
		err := r.deps.Take(context.WithoutCancel(ctx), list)
		if err == nil {
			return true
		}
		r.deps.Logger.Error("notifications wait: they could not be kept", logkeys.Count, len(list), logkeys.Err, err)
		select {
		case <-ctx.Done():
			r.count(func(s *Stats) { s.Dropped += len(list) })
			return false
		case <-time.After(retryAfter):
		}
	}
}

// minute tells what went beyond the last minute's lines.
func (r *Receiver) minute(ctx context.Context) {
	for _, rest := range r.budget.next(r.deps.Now()) {
		if err := r.deps.Rest(ctx, rest); err != nil && ctx.Err() == nil {
			r.deps.Logger.Error("the number of further notifications was not kept", logkeys.Count, rest.Count, logkeys.Err, err)
		}
	}
}
