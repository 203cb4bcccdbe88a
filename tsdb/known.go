package tsdb

import (
	"sync"
	"time"

	"github.com/prometheus/prometheus/storage"
)

const (
	// maxKnownBytes bounds what the store remembers about senders' series: about
	// 200 bytes each, so some 300,000 in each of two halves.
	maxKnownBytes = 64 << 20
	// knownOverhead is what an entry takes besides its bytes.
	knownOverhead = 80
	// knownFor is how long a series is remembered that nobody sends: between this
	// and twice this. The head drops its series after two to three hours.
	knownFor = time.Hour
)

// known remembers which series of the head the labels of a message mean, so that
// they need not be decoded, checked and hashed again. The key is the labels as
// they stand in the message, compared byte by byte, below the sender and what it
// may speak for: the same bytes of two senders mean two series.
//
// It belongs to one generation. Only series whose batch is committed come in, so
// that no sample can precede the record of its series in the log. An entry may
// outlive its series: the library never gives a reference twice, so the append
// finds nothing, the labels are decoded, and the entry is learned anew.
//
// There are two halves: what is found in the old one is learned by the young one
// too; when the young one is full or knownFor old, it takes the old one's place.
type known struct {
	mu         sync.RWMutex
	young, old map[string]*knownSeries // by Sender.key
	size       int                     // bytes of young
	since      time.Time
}

// knownSeries are the series of one sender, in the order in which they were learned.
// Senders repeat their order, so the one after the last that was found is nearly
// always the next: no hash, and memory that is read in sequence.
type knownSeries struct {
	list []learned
	at   map[string]int32 // position in list
}

// learned is one entry.
type learned struct {
	key string
	ref storage.SeriesRef
}

// finder looks series of one message up. The holder of a finder holds known.mu
// for reading.
type finder struct {
	young, old *knownSeries
	next       int // the guess for young
}

func (k *known) finder(sender string) finder {
	return finder{young: k.young[sender], old: k.old[sender]}
}

// find returns the reference of a series. again asks the caller to learn it once
// more.
func (f *finder) find(key []byte) (ref storage.SeriesRef, again, ok bool) {
	if y := f.young; y != nil {
		if f.next < len(y.list) && y.list[f.next].key == string(key) {
			f.next++
			return y.list[f.next-1].ref, false, true
		}
		if i, ok := y.at[string(key)]; ok {
			f.next = int(i) + 1
			return y.list[i].ref, false, true
		}
	}
	if f.old != nil {
		if i, ok := f.old.at[string(key)]; ok {
			return f.old.list[i].ref, true, true
		}
	}
	return 0, false, false
}

// learn takes the series of a committed batch.
func (k *known) learn(sender string, series []learned, now time.Time) {
	if len(series) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.young == nil || k.size > maxKnownBytes || now.Sub(k.since) > knownFor {
		k.young, k.old = make(map[string]*knownSeries), k.young
		k.size, k.since = 0, now
	}
	of := k.young[sender]
	if of == nil {
		of = &knownSeries{at: make(map[string]int32)}
		k.young[sender] = of
	}
	for _, s := range series {
		if i, ok := of.at[s.key]; ok {
			of.list[i].ref = s.ref
			continue
		}
		of.at[s.key] = int32(len(of.list))
		of.list = append(of.list, s)
		k.size += len(s.key) + knownOverhead
	}
}
