package logfile

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// ledger holds what was acknowledged and what of it is not yet in the state file.
type ledger struct {
	file     *stateFile // nil when no state is kept
	saving   *sync.Mutex
	acked    map[uint64]Position
	changed  map[uint64]bool
	finished map[uint64]int64 // where generations ended that are not acknowledged to the end
	patterns []string         // that are followed from now on
	all      map[string]bool
}

func newLedger(path string, lines int, past *history) ledger {
	l := ledger{saving: &sync.Mutex{}, acked: map[uint64]Position{}, changed: map[uint64]bool{}, finished: map[uint64]int64{}, all: map[string]bool{}}
	for id, p := range past.all {
		l.acked[id] = p
	}
	if path != "" {
		l.file = &stateFile{path: path, lines: lines}
	}
	return l
}

// ack takes a position that is not behind the one that is known.
func (l *ledger) ack(p Position) {
	if old, known := l.acked[p.ID]; p.ID == 0 || known && (p.Offset < old.Offset || p == old) {
		return
	}
	if end, ok := l.finished[p.ID]; ok && p.Offset >= end {
		p.Done = true
		delete(l.finished, p.ID)
	}
	l.acked[p.ID] = p
	l.changed[p.ID] = true
}

// begin takes the position of a generation that is new: what is before it was
// never to be delivered.
func (l *ledger) begin(p Position) {
	if _, known := l.acked[p.ID]; !known {
		l.acked[p.ID] = p
		l.changed[p.ID] = true
	}
}

// finish says that a generation ended: what was acknowledged up to there is
// done with.
func (l *ledger) finish(p Position) {
	if old, known := l.acked[p.ID]; known && old.Offset < p.Offset {
		l.finished[p.ID] = p.Offset
		return
	}
	p.Done = true
	l.acked[p.ID] = p
	l.changed[p.ID] = true
}

func (l *ledger) forget(ids ...uint64) {
	for _, id := range ids {
		delete(l.acked, id)
		delete(l.finished, id)
		l.changed[id] = true
	}
}

// follow notes that a pattern is followed.
func (l *ledger) follow(pattern string) {
	l.all[pattern] = true
	l.patterns = append(l.patterns, pattern)
}

// save writes what has changed. The lock is held only while it is gathered.
func (l *ledger) save(mu *sync.Mutex) error {
	if l.file == nil {
		return nil
	}
	l.saving.Lock()
	defer l.saving.Unlock()
	mu.Lock()
	changed, patterns := l.changed, l.patterns
	lines := l.news()
	l.changed, l.patterns = map[uint64]bool{}, nil
	whole := l.file.lines+len(lines) > compactLines && l.file.lines > 4*len(l.acked)
	if whole {
		lines = l.everything()
	}
	mu.Unlock()
	if len(lines) == 0 {
		return nil
	}
	write := l.file.append
	if whole {
		write = l.file.replace
	}
	err := write(lines)
	if err != nil {
		mu.Lock()
		for id := range changed {
			l.changed[id] = true
		}
		l.patterns = append(patterns, l.patterns...)
		mu.Unlock()
	}
	return err
}

func (l *ledger) news() []string {
	var lines []string
	for _, p := range l.patterns {
		lines = append(lines, followed(p))
	}
	for id := range l.changed {
		if p, known := l.acked[id]; known {
			lines = append(lines, p.String())
		} else {
			lines = append(lines, fmt.Sprintf("forget %x", id))
		}
	}
	return lines
}

func (l *ledger) everything() []string {
	lines := make([]string, 0, len(l.acked)+len(l.all))
	for p := range l.all {
		lines = append(lines, followed(p))
	}
	for _, p := range l.acked {
		lines = append(lines, p.String())
	}
	slices.Sort(lines)
	return lines
}

func followed(pattern string) string { return "followed " + strconv.QuoteToASCII(pattern) }
