package tsdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/tsdb"
)

// gate holds back the library's compactions until it has begun a file of head
// chunks since it was opened. A compaction that finds all files gone, or none,
// numbers the next file from 1 again (ChunkDiskMapper.Truncate); when an append of
// old samples begins a file at that moment, the next chunk that is written finds
// another number than it expects, and the library panics. A file that was begun
// since the opening is never removed, so the numbers are not reset any more.
//
// It is used by one goroutine.
type gate struct {
	dir    string
	newest int // number of the newest file when the store was opened; 0: none
	since  time.Time
	open   bool
}

// heldAtMost is how long compactions wait for a file. A series of a value every
// five seconds fills its first chunk in ten minutes; who sends so little that none
// is full by then hardly meets the moment either.
const heldAtMost = 30 * time.Minute

// newGate shuts the gate of a store that was just opened, before it is appended to.
func newGate(lib *tsdb.DB, dir string, now time.Time) (gate, error) {
	lib.DisableCompactions()
	g := gate{dir: filepath.Join(dir, "chunks_head"), since: now}
	var err error
	g.newest, err = g.newestFile()
	return g, err
}

// look opens the gate when it is time.
func (g *gate) look(lib *tsdb.DB, now time.Time) error {
	if g.open {
		return nil
	}
	newest, err := g.newestFile()
	if err == nil && newest <= g.newest && now.Sub(g.since) < heldAtMost {
		return nil
	}
	lib.EnableCompactions()
	g.open = true
	return err
}

// newestFile is the highest number of a file of head chunks, 0 when there is none.
func (g *gate) newestFile() (int, error) {
	files, err := os.ReadDir(g.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look for head chunks: %w", err)
	}
	newest := 0
	for _, f := range files {
		if n, err := strconv.Atoi(f.Name()); err == nil { // other names are no files of chunks
			newest = max(newest, n)
		}
	}
	return newest, nil
}
