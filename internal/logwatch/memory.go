package logwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"

	"monitord/internal/atomicfile"
)

// Memory is a file for Step.Kept, for a Sink that has no better place.
type Memory struct {
	path string

	mu  sync.Mutex
	all map[string]string
}

// OpenMemory reads the file, when it is there. One that cannot be understood is
// an error: its owner decides whether to begin anew.
func OpenMemory(path string) (*Memory, error) {
	m := &Memory{path: path, all: map[string]string{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &m.all)
	}
	if err != nil {
		return nil, fmt.Errorf("memory of log rules: %w", err)
	}
	return m, nil
}

// All is everything that is kept, for Deps.Kept.
func (m *Memory) All() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.all)
}

// Put keeps Step.Kept. After an error the file has what it had.
func (m *Memory) Put(kept map[string]string) error {
	if len(kept) == 0 {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := maps.Clone(m.all)
	for name, value := range kept {
		if value == "" {
			delete(fresh, name)
		} else {
			fresh[name] = value
		}
	}
	raw, err := json.Marshal(fresh)
	if err != nil {
		return fmt.Errorf("memory of log rules: %w", err)
	}
	if err := atomicfile.Write(m.path, raw); err != nil {
		return err
	}
	m.all = fresh
	return nil
}
