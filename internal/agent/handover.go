package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"monitord/internal/handover"
	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// healthDir, in the probe's folder, is where `probe health` of this machine
// leaves what it did.
const healthDir = "health"

// handoverInterval is how often the daemon looks for events of other programs.
const handoverInterval = time.Second

// taker moves events from a folder into the spool.
type taker struct {
	agent *Agent
	dir   string
	kind  string          // the only kind that is taken there
	taken map[string]bool // files whose event is in the spool, but maybe not yet on disk
	dark  bool            // it was told that the folder cannot be read
}

func (a *Agent) newTaker() *taker {
	return &taker{agent: a, dir: filepath.Join(a.cfg.Dir, healthDir), kind: wire.KindHealth, taken: map[string]bool{}}
}

// makeDir makes the folder: that it is there tells others that somebody takes
// their events.
func (t *taker) makeDir() error {
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return fmt.Errorf("make folder for events of this machine: %w", err)
	}
	return nil
}

// run takes events until ctx ends.
func (t *taker) run(ctx context.Context) error {
	ticker := time.NewTicker(handoverInterval)
	defer ticker.Stop()
	for {
		t.take()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// take moves what waits. A file is removed only after its event is on disk.
func (t *taker) take() {
	names, err := handover.List(t.dir)
	if err != nil && !t.dark {
		t.agent.log.Error("cannot take events of this machine", logkeys.Err, err)
	}
	t.dark = err != nil
	for _, name := range names {
		if t.taken[name] {
			continue
		}
		if t.one(name) {
			t.taken[name] = true
		}
	}
	if len(t.taken) == 0 || !t.agent.events.Flush() {
		return
	}
	for name := range t.taken {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.agent.log.Warn("event was taken, but its file stays", logkeys.Err, err)
			continue // it stays in taken: not twice as long as we live
		}
		delete(t.taken, name)
	}
}

// one reads a file and emits its event. It reports whether the file is done with.
func (t *taker) one(name string) bool {
	e, err := handover.Read(name)
	if err == nil && e.Kind != t.kind {
		err = fmt.Errorf("%w: %s: kind %q is not taken here", handover.ErrBad, name, e.Kind)
	}
	if errors.Is(err, handover.ErrBad) {
		t.agent.log.Error("file is no event; removed", logkeys.Err, err)
		return true
	}
	if err != nil {
		return false // again in a second
	}
	t.agent.emitAt(e.At, e.Kind, e.Data)
	return true
}
