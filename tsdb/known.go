package tsdb

import (
	"sync"
	"time"

	"github.com/prometheus/prometheus/storage"
)

const (
	// maxKnownBytes bounds what the store remembers about senders' series: about
	// 150 bytes each, so some 400,000 a half.
	maxKnownBytes = 64 << 20
	// knownOverhead is what an entry takes besides its bytes.
	knownOverhead = 64
	// knownFor is how long a series is remembered that nobody sends: between this
	// and twice this. The head drops its series after two to three hours.
	knownFor = time.Hour
)

// known remembers which series of the head the labels of a message mean, so that
// they need not be decoded, checked and hashed again. The key is the labels as
// they stand in the message, compared byte by byte, below the host that the
// sender may speak for: the same bytes of two hosts mean two series.
//
// It belongs to one generation. Only series whose batch is committed come in, so
// that no sample can precede the record of its series in the log. An entry may
// outlive its series: the library never gives a reference twice, so the append
// finds nothing, the labels are decoded, and the entry is learned anew.
//
// Entries are kept in two halves: what is found in the old one moves to the
// young; when the young one is full or knownFor old, the old one is dropped.
type known struct {
	mu         sync.RWMutex
	young, old map[string]knownSeries // by host
	size       int                    // bytes of young
	since      time.Time
}

type knownSeries map[string]storage.SeriesRef

// learned is one entry to be.
type learned struct {
	key string
	ref storage.SeriesRef
}

// find returns the reference of a series. again asks the caller to learn it once
// more. The caller holds mu for reading.
func (k *known) find(host string, key []byte) (ref storage.SeriesRef, again, ok bool) {
	if ref, ok = k.young[host][string(key)]; ok {
		return ref, false, true
	}
	ref, ok = k.old[host][string(key)]
	return ref, true, ok
}

// learn takes the series of a committed batch.
func (k *known) learn(host string, series []learned, now time.Time) {
	if len(series) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young == nil || k.size > maxKnownBytes || now.Sub(k.since) > knownFor {
		k.young, k.old = make(map[string]knownSeries), k.young
		k.size, k.since = 0, now
	}
	of := k.young[host]
	if of == nil {
		of = make(knownSeries)
		k.young[host] = of
	}
	before := len(of)
	for _, s := range series {
		of[s.key] = s.ref
		if len(of) > before {
			before = len(of)
			k.size += len(s.key) + knownOverhead
		}
	}
}
