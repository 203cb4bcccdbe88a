package agent_test

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"monitord/internal/agent"
	"monitord/internal/spool"
)

// A server that takes requests and answers none is given up after a time and
// asked again; collecting does not wait for it.
func TestAServerThatHangsIsGivenUpAndNothingIsLost(t *testing.T) {
	s := newServer(t)
	dir := s.enrol("web1")
	release := s.mem.hang()
	defer release()
	a, stop := runningWith(t, dir, nil, func(a *agent.Agent) { a.SetSendTimeout(200 * time.Millisecond) })
	eventually(t, 20*time.Second, "two tries and three collections meanwhile", func() bool {
		st := a.Stats()
		return st.FailedRequests >= 2 && st.Collections >= 3
	})
	if n := s.mem.collections(); n != 0 {
		t.Errorf("a hanging server has %d collections", n)
	}
	release()
	eventually(t, 30*time.Second, "what waited", func() bool { return s.mem.collections() >= 3 })
	stop()
	if lost := s.mem.missing(); len(lost) > 0 || a.Stats().Samples.Dropped["refused"].Records > 0 {
		t.Errorf("lost %v, stats %+v", lost, a.Stats())
	}
}

// After half a day without the server everything arrives, oldest first: a store
// takes late samples as long as each series comes in order.
func TestALongCatchUpArrivesInOrder(t *testing.T) {
	const records = 4000
	s := newServer(t)
	dir := s.enrol("web1")
	at := time.Now().Add(-records * 10 * time.Second)
	sp, err := spool.Open(spool.Options{
		Dir: filepath.Join(dir, "spool", "samples"), Now: func() time.Time { return at },
		SyncEvery: time.Hour, SegmentBytes: 16 << 10,
	})
	if err != nil {
		t.Fatal(err)
	}
	for range records {
		if err := agent.AppendCollection(sp, "web1", at); err != nil {
			t.Fatal(err)
		}
		at = at.Add(10 * time.Second)
	}
	if err := sp.Close(); err != nil {
		t.Fatal(err)
	}
	_, stop := running(t, dir, nil)
	eventually(t, 30*time.Second, "the backlog and what came after", func() bool { return s.mem.collections() >= records+2 })
	stop()
	s.mem.mu.Lock()
	defer s.mem.mu.Unlock()
	if !slices.IsSorted(s.mem.order) {
		t.Errorf("numbers came out of order: %v", s.mem.order)
	}
	last := int64(0)
	for seq := uint64(1); seq <= records+2; seq++ {
		stamp, ok := s.mem.stamps[seq]
		if !ok || stamp < last {
			t.Fatalf("collection %d: there %v, at %d after %d", seq, ok, stamp, last)
		}
		last = stamp
	}
}
