package agent_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"monitord/collectors"
	"monitord/internal/agent"
	"monitord/internal/spool"
	"monitord/internal/wire"
)

// running starts a probe in this process.
func running(t *testing.T, dir string, change func(*agent.Deps)) (*agent.Agent, func()) {
	t.Helper()
	return runningWith(t, dir, change, func(*agent.Agent) {})
}

// runningWith lets adjust change the probe before it runs.
func runningWith(t *testing.T, dir string, change func(*agent.Deps), adjust func(*agent.Agent)) (*agent.Agent, func()) {
	t.Helper()
	cfg, err := agent.ReadConfig(filepath.Join(dir, agent.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	deps := agent.Deps{Collectors: []collectors.Collector{fakeCollector{}}, Version: "1.2.3"}
	if change != nil {
		change(&deps)
	}
	a, err := agent.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	adjust(a)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
	t.Cleanup(stop)
	return a, stop
}

func TestSamplesAndEventsArrive(t *testing.T) {
	s := newServer(t)
	_, stop := running(t, s.enrol("web1"), nil)
	eventually(t, 10*time.Second, "two collections", func() bool { return s.mem.collections() >= 2 })
	eventually(t, 10*time.Second, "the start event", func() bool {
		s.mem.mu.Lock()
		defer s.mem.mu.Unlock()
		return len(s.mem.events) == 1
	})
	stop()
	if len(s.mem.bad) > 0 {
		t.Errorf("series with wrong labels: %v", s.mem.bad)
	}
	for boot, events := range s.mem.events {
		if len(boot) != 36 || events[0].Kind != wire.KindStart || string(events[0].Data) != `{"version":"1.2.3"}` {
			t.Errorf("boot %s: %+v", boot, events)
		}
	}
	st := s.in.Statuses()
	if len(st) != 1 || st[0].Host != "web1" || st[0].Version != "1.2.3" || st[0].CertificateEnd.Before(time.Now()) || st[0].Address != "127.0.0.1" {
		t.Errorf("status %+v", st)
	}
	if off := s.in.ClockOffsets()["web1"]; off > time.Second || off < -time.Second {
		t.Errorf("clock offset %s on one machine", off)
	}
}

// lastGiven is the highest number that a killed probe gave to a collection.
func lastGiven(t *testing.T, dir string) uint64 {
	t.Helper()
	sp, err := spool.Open(spool.Options{Dir: filepath.Join(dir, "spool", "samples")})
	if err != nil {
		t.Fatal(err)
	}
	last := sp.Stats().LastSeq
	if err := sp.Close(); err != nil {
		t.Fatal(err)
	}
	return last
}

// The probe is another process and is killed -9 again and again, at moments that
// nobody chose; the server goes away and comes back meanwhile. Every number
// that was given to a collection arrives.
func TestKilledProbesAndServersLoseNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills processes for some seconds")
	}
	s := newServer(t)
	dir := s.enrol("web1")
	for round := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "AGENT_TEST_DIR="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if round%3 == 1 {
			s.stop()
		}
		life := time.NewTimer(time.Duration(300+round*170) * time.Millisecond)
		<-life.C
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		if round%3 == 1 {
			s.start()
		}
	}
	given := lastGiven(t, dir)
	before := s.mem.collections()
	_, stop := running(t, dir, nil)
	eventually(t, 15*time.Second, "what the killed ones left", func() bool { return s.mem.collections() >= max(8, before+2) })
	stop()
	if lost := s.mem.missing(); len(lost) > 0 {
		t.Errorf("never arrived: %v", lost)
	}
	if _, ok := s.mem.stamps[given]; given < 8 || !ok {
		t.Errorf("the last number given before the last kill, %d, never arrived", given)
	}
	for boot, events := range s.mem.events {
		seqs := make([]uint64, len(events))
		for i, e := range events {
			seqs[i] = e.Seq
		}
		if !slices.IsSorted(seqs) || seqs[0] != 1 || seqs[len(seqs)-1] != uint64(len(seqs)) {
			t.Errorf("boot %s: events %v", boot, seqs)
		}
	}
	if len(s.mem.events) != 1 {
		t.Errorf("%d boot ids, want one for one spool", len(s.mem.events))
	}
	t.Logf("%d collections, %d bytes", s.mem.collections(), s.mem.bodies)
}
