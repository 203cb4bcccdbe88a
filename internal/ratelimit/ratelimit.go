// Package ratelimit bounds how often something happens, by key, in bounded
// memory.
package ratelimit

import (
	"sync"
	"time"
)

// Limiter allows so many things per key in each window of time; all windows
// begin at the same moment. It is safe for concurrent use.
type Limiter struct {
	limit, keys int
	window      time.Duration

	mu     sync.Mutex
	began  time.Time
	counts map[string]int
}

// New makes a limiter: limit things per key in each window, for at most keys
// keys at a time. Keys beyond that share one count.
func New(limit int, window time.Duration, keys int) *Limiter {
	return &Limiter{limit: limit, keys: keys, window: window, counts: map[string]int{}}
}

// others is the key of all that are too many.
const others = "\x00others"

// Allow counts one thing at a moment, and reports whether it is within the
// limit. A clock that goes back begins a new window.
func (l *Limiter) Allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if age := now.Sub(l.began); age < 0 || age >= l.window {
		l.began = now
		clear(l.counts)
	}
	if _, known := l.counts[key]; !known && len(l.counts) >= l.keys {
		key = others
	}
	l.counts[key]++
	return l.counts[key] <= l.limit
}
