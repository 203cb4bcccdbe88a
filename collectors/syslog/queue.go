package syslog

import (
	"net/netip"
	"sync"
	"time"
)

// Bounds of what waits between the socket and the rules.
const (
	queueMessages = 32_768
	queueBytes    = 32 << 20
)

// packet is one message as it came by UDP.
type packet struct {
	from netip.Addr
	at   time.Time
	text string
	cut  bool
}

// queue holds packets in their order. No source may fill more than half of it, so
// that one that floods leaves room for the others.
type queue struct {
	mu       sync.Mutex
	packets  []packet
	bytes    int
	bySource map[netip.Addr]int
	ready    chan struct{} // holds one when packets wait
}

func newQueue() *queue { return &queue{bySource: map[netip.Addr]int{}, ready: make(chan struct{}, 1)} }

// put adds a packet; false when there is no room for it.
func (q *queue) put(p packet) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.packets) >= queueMessages || q.bytes+len(p.text) > queueBytes || q.bySource[p.from] >= queueMessages/2 {
		return false
	}
	q.packets = append(q.packets, p)
	q.bytes += len(p.text)
	q.bySource[p.from]++
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return true
}

// take takes at most most packets, the oldest first.
func (q *queue) take(most int) []packet {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(most, len(q.packets))
	taken := q.packets[:n:n]
	if q.packets = q.packets[n:]; len(q.packets) == 0 {
		q.packets = nil
	}
	for i := range taken {
		q.bytes -= len(taken[i].text)
		if q.bySource[taken[i].from]--; q.bySource[taken[i].from] == 0 {
			delete(q.bySource, taken[i].from)
		}
	}
	return taken
}
