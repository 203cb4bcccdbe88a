package schedule

import (
	"container/heap"
	"time"

	"monitord/checks"
)

// entry is a job with its place in time. All fields are guarded by
// Scheduler.mu.
type entry struct {
	job      Job
	due      time.Time // next start
	index    int       // in the heap; -1 when removed
	planned  time.Time // the start that it waits for while queued
	queued   bool      // waits for a worker or for its host
	urgent   bool      // stands in the urgent queue
	running  bool
	began    time.Time // of the run under way, once a worker has it
	retry    bool      // its next start is a re-check of a soft state
	again    bool      // "check now" while it ran: run once more at once
	removed  bool      // by Apply
	seeded   bool      // Previous was asked for
	previous map[string]checks.State
}

// dueHeap orders entries by their next start.
type dueHeap []*entry

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push is heap.Interface's.
func (h *dueHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop is heap.Interface's.
func (h *dueHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}

func (h *dueHeap) move(e *entry, due time.Time) {
	e.due = due
	heap.Fix(h, e.index)
}

// fifo is a queue of entries; a removed entry stays until it is taken out.
type fifo struct {
	items []*entry
	head  int
}

func (q *fifo) push(e *entry) { q.items = append(q.items, e) }

func (q *fifo) pop() *entry {
	for q.head < len(q.items) {
		e := q.items[q.head]
		q.items[q.head] = nil
		q.head++
		if q.head > 1024 && q.head*2 > len(q.items) {
			q.items, q.head = append(q.items[:0], q.items[q.head:]...), 0
		}
		if !e.removed && e.queued {
			return e
		}
	}
	q.items, q.head = q.items[:0], 0
	return nil
}

// hostLane bounds how many checks of one host run at once.
type hostLane struct {
	running int
	waiting fifo
}
