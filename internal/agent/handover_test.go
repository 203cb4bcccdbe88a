package agent_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"monitord/internal/handover"
	"monitord/internal/wire"
)

// kinds counts the events that arrived, by kind.
func (m *memory) kinds() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[string]int{}
	for _, events := range m.events {
		for _, e := range events {
			out[e.Kind]++
		}
	}
	return out
}

func TestEventsOfOtherProgramsOfTheMachineArriveOnce(t *testing.T) {
	s := newServer(t)
	dir := s.enrol("web1")
	folder := filepath.Join(dir, "health")
	put := func(kind, data string) {
		t.Helper()
		e := handover.Event{At: time.Now(), Kind: kind, Data: json.RawMessage(data)}
		if err := handover.Put(folder, e); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	put(wire.KindHealth, `{"fault":"before the daemon"}`)
	put(wire.KindResult, `{"check":"forged"}`) // results of checks are not taken here
	if err := os.WriteFile(filepath.Join(folder, "x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, stop := running(t, dir, nil)
	eventually(t, 10*time.Second, "the first event", func() bool { return s.mem.kinds()[wire.KindHealth] == 1 })
	s.stop() // the server is away: the event waits in the spool, not in the folder
	put(wire.KindHealth, `{"fault":"while it runs"}`)
	eventually(t, 10*time.Second, "an empty folder", func() bool {
		left, err := handover.List(folder)
		return err == nil && len(left) == 0
	})
	stop()
	s.start()
	_, stop = running(t, dir, nil)
	eventually(t, 20*time.Second, "the second event", func() bool { return s.mem.kinds()[wire.KindHealth] == 2 })
	eventually(t, 10*time.Second, "the second start", func() bool { return s.mem.kinds()[wire.KindStart] == 2 })
	stop()
	if got := s.mem.kinds(); got[wire.KindHealth] != 2 || got[wire.KindResult] != 0 {
		t.Errorf("arrived: %v", got)
	}
}
