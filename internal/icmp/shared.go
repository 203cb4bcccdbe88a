package icmp

import (
	"context"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Shared is a Pinger that serves all series of a process through one raw
// socket a family. Before Run, after it, and where raw sockets are not
// permitted, it does as Direct does. It is safe for concurrent use.
type Shared struct {
	direct Direct
	v4, v6 atomic.Pointer[link]
	stats  struct{ sent, received, foreign atomic.Uint64 }
}

// Stats is what a Shared did since it was made.
type Stats struct {
	Sent     uint64 // requests
	Received uint64 // replies to them
	Foreign  uint64 // messages that were no reply to a series under way
}

// NewShared makes a Shared; it opens nothing.
func NewShared() *Shared { return &Shared{} }

// Stats is a copy; its values may be of slightly different moments.
func (s *Shared) Stats() Stats {
	return Stats{s.stats.sent.Load(), s.stats.received.Load(), s.stats.foreign.Load()}
}

// Run serves until ctx ends. Without the right to raw sockets it only waits.
func (s *Shared) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	var links []*link
	for _, slot := range []*atomic.Pointer[link]{&s.v4, &s.v6} {
		l, err := newLink(slot == &s.v6, s)
		if err != nil {
			continue // not permitted, or no such family here: Direct says so, to whom asks
		}
		links = append(links, l)
		slot.Store(l)
		l.sender.Go(l.sending)
		wg.Go(l.receiving)
	}
	<-ctx.Done()
	s.v4.Store(nil)
	s.v6.Store(nil)
	for _, l := range links {
		l.close()
	}
	wg.Wait()
	return nil
}

// Ping sends the series and waits for the replies, at most until ctx ends.
func (s *Shared) Ping(ctx context.Context, r Request) (Report, error) {
	l := s.v4.Load()
	if !r.Addr.Is4() {
		l = s.v6.Load()
	}
	if l == nil {
		return s.direct.Ping(ctx, r)
	}
	f := &flight{
		request: r, token: rand.Uint64(), sent: make([]time.Time, r.Count), rtt: make([]time.Duration, r.Count),
		missing: r.Count, done: make(chan struct{}),
	}
	if zone := r.Addr.Zone(); zone != "" {
		link, err := net.InterfaceByName(zone)
		if err != nil {
			return Report{}, err
		}
		f.zone = uint32(link.Index)
	}
	l.add(f)
	defer l.remove(f)
	if err := f.run(ctx, l); err != nil {
		return Report{}, err
	}
	return l.report(f), nil
}

// flight is one Request under way. The fields from sent on are guarded by
// link.mu.
type flight struct {
	request Request
	token   uint64
	zone    uint32
	done    chan struct{} // closed when no reply is missing any more

	sent    []time.Time     // by sequence number; zero when it did not leave
	rtt     []time.Duration // by sequence number; zero when no reply came
	tried   int
	missing int
	err     error // of the last request that could not leave
	ours    error // why we could not ask at all
}

// run asks for each request at its time and waits for the last reply.
func (f *flight) run(ctx context.Context, l *link) error {
	timer := time.NewTimer(f.request.Wait)
	defer timer.Stop()
	for seq := range f.request.Count {
		select {
		case l.queue <- order{f, seq}:
		case <-ctx.Done():
			return nil
		case <-l.closed:
			return net.ErrClosed
		}
		wait := f.request.Interval
		if seq == f.request.Count-1 {
			wait = f.request.Wait
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-f.done: // only once the last was sent
		case <-ctx.Done():
			return nil
		case <-l.closed:
			return net.ErrClosed
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return f.ours
}

// finish counts one request as answered or lost for good.
func (f *flight) finish() {
	if f.missing--; f.missing == 0 {
		close(f.done)
	}
}
