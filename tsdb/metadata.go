package tsdb

import (
	"maps"
	"sync"
)

// maxWords bounds the metric names whose metadata is remembered.
const maxWords = 10_000

// Metadata says what a metric is, as its sender told.
type Metadata struct {
	Type string `json:"type"` // counter, gauge, histogram, …; unknown
	Help string `json:"help"`
	Unit string `json:"unit"`
}

// metadataStore remembers the last metadata of each metric name. It is lost at a
// restart; senders repeat it every minute.
type metadataStore struct {
	mu sync.Mutex
	m  map[string]Metadata
}

func (s *metadataStore) set(name string, md Metadata) {
	if name == "" || md == (Metadata{}) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = make(map[string]Metadata)
	}
	if _, known := s.m[name]; known || len(s.m) < maxWords {
		s.m[name] = md
	}
}

func (s *metadataStore) all() map[string]Metadata {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.m)
}
