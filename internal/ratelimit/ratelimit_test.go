package ratelimit

import (
	"fmt"
	"testing"
	"time"
)

func TestEachKeyHasItsOwnCountInEachWindow(t *testing.T) {
	l, at := New(3, time.Minute, 10), time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	count := func(key string, at time.Time) (n int) {
		for range 10 {
			if l.Allow(key, at) {
				n++
			}
		}
		return n
	}
	if a, b := count("a", at), count("b", at.Add(time.Second)); a != 3 || b != 3 {
		t.Errorf("a %d, b %d; want 3 each", a, b)
	}
	if n := count("a", at.Add(59*time.Second)); n != 0 {
		t.Errorf("%d more in the same window", n)
	}
	if n := count("a", at.Add(time.Minute)); n != 3 {
		t.Errorf("%d in the next window", n)
	}
	if n := count("a", at.Add(-time.Hour)); n != 3 {
		t.Errorf("%d after the clock went back; want a new window", n)
	}
}

func TestMemoryIsBoundedAndKeysBeyondShareOneCount(t *testing.T) {
	l, at := New(2, time.Minute, 100), time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)
	allowed := 0
	for i := range 10000 {
		if l.Allow(fmt.Sprint("key", i), at) {
			allowed++
		}
	}
	if allowed != 102 || len(l.counts) != 101 {
		t.Errorf("%d allowed with %d counts; want 100 keys once and 2 of the rest", allowed, len(l.counts))
	}
}
