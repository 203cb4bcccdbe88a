// Package bookmark keeps how far the lines of a source cannot be lost any more,
// in a file, so that a follower goes on there after a restart.
package bookmark

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"monitord/internal/atomicfile"
	"monitord/internal/logkeys"
	"monitord/internal/pause"
)

// Bookmark is one place in one source, as one line of text. It is safe for
// concurrent use.
type Bookmark struct {
	file  string
	mu    sync.Mutex
	acked string
	saved string
}

// Open reads the place from a file. A place that the consumer has stored beside
// the lines counts before it. file "" keeps nothing; no file is no place, "".
func Open(file, stored string) (*Bookmark, error) {
	b := &Bookmark{file: file, acked: stored}
	if file != "" && stored == "" {
		raw, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		b.acked = strings.TrimSpace(string(raw))
	}
	b.saved = b.acked
	return b, nil
}

// Place is what was acknowledged last; "" is none.
func (b *Bookmark) Place() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.acked
}

// Ack says that everything up to a place is kept where it cannot be lost.
func (b *Bookmark) Ack(place string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acked = place
}

// Save writes the place to the file when it is another one than there.
func (b *Bookmark) Save() error {
	b.mu.Lock()
	acked := b.acked
	due := b.file != "" && acked != b.saved
	b.mu.Unlock()
	if !due {
		return nil
	}
	if err := atomicfile.Write(b.file, []byte(acked+"\n")); err != nil {
		return fmt.Errorf("keep how far lines were read: %w", err)
	}
	b.mu.Lock()
	b.saved = acked
	b.mu.Unlock()
	return nil
}

// saveEvery is how much a crash repeats at most.
const saveEvery = time.Second

// Keep saves again and again until ctx ends. While the disk is full it goes on
// trying: only a crash would repeat lines.
func (b *Bookmark) Keep(ctx context.Context, log *slog.Logger) {
	failing := false
	for pause.For(ctx, saveEvery) {
		err := b.Save()
		if err != nil && !failing {
			log.Warn("the place in the log cannot be saved: a crash would repeat lines", logkeys.Path, b.file, logkeys.Err, err)
		}
		failing = err != nil
	}
}
