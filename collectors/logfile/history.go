package logfile

import (
	"slices"
)

// inode names a file for as long as it exists.
type inode struct{ dev, ino uint64 }

// history is what is known of generations that are not followed now: how far
// those were read that were rotated away, and those of the last run.
type history struct {
	all    map[uint64]Position
	inodes map[inode]uint64    // the youngest generation of each
	paths  map[string][]uint64 // in the order of their IDs
	// orphans are paths that are gone. The oldest are forgotten when there are
	// too many: date-named files come and go for ever.
	orphans []string
}

// maxOrphans bounds the paths that are remembered after they are gone.
const maxOrphans = 4096

// perPath is how many generations of a path are remembered: more than are
// rotated away while we are not looking.
const perPath = 32

func newHistory(positions map[uint64]Position) *history {
	h := &history{all: map[uint64]Position{}, inodes: map[inode]uint64{}, paths: map[string][]uint64{}}
	ids := make([]uint64, 0, len(positions))
	for id := range positions {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		h.add(positions[id])
	}
	return h
}

// add remembers a position and returns the IDs that are forgotten for it.
func (h *history) add(p Position) (forgotten []uint64) {
	if old, known := h.all[p.ID]; known {
		h.drop(old)
	}
	h.all[p.ID] = p
	if p.ID >= h.inodes[p.inode()] {
		h.inodes[p.inode()] = p.ID
	}
	ids := h.paths[p.Path]
	at, _ := slices.BinarySearch(ids, p.ID)
	h.paths[p.Path] = slices.Insert(ids, at, p.ID)
	for len(h.paths[p.Path]) > perPath {
		forgotten = append(forgotten, h.paths[p.Path][0])
		h.drop(h.all[h.paths[p.Path][0]])
	}
	return forgotten
}

// drop forgets a position.
func (h *history) drop(p Position) {
	delete(h.all, p.ID)
	if h.inodes[p.inode()] == p.ID {
		delete(h.inodes, p.inode())
	}
	ids := slices.DeleteFunc(h.paths[p.Path], func(id uint64) bool { return id == p.ID })
	if h.paths[p.Path] = ids; len(ids) == 0 {
		delete(h.paths, p.Path)
	}
}

// of returns what is known of a path, the youngest first.
func (h *history) of(path string) []Position {
	ids := h.paths[path]
	out := make([]Position, 0, len(ids))
	for i := len(ids) - 1; i >= 0; i-- {
		out = append(out, h.all[ids[i]])
	}
	return out
}

// beginning returns what is known of a path's generations that begin as head
// does, the youngest first.
func (h *history) beginning(path string, head []byte) []Position {
	return slices.DeleteFunc(h.of(path), func(p Position) bool {
		return p.Head.Len == 0 || p.Head.Len > len(head) || printOf(head[:p.Head.Len]) != p.Head
	})
}

// byInode returns the youngest generation that is known of an inode.
func (h *history) byInode(n inode) (Position, bool) {
	p, ok := h.all[h.inodes[n]]
	return p, ok
}

func (p Position) inode() inode { return inode{p.Dev, p.Ino} }

// orphan notes that a path is gone and returns the IDs that are forgotten for it.
func (h *history) orphan(path string) (forgotten []uint64) {
	h.orphans = append(h.orphans, path)
	if len(h.orphans) <= maxOrphans {
		return nil
	}
	oldest := h.orphans[0]
	h.orphans = h.orphans[1:]
	for _, p := range h.of(oldest) {
		if slices.Contains(h.orphans, oldest) {
			break // it was there again meanwhile
		}
		forgotten = append(forgotten, p.ID)
		h.drop(p)
	}
	return forgotten
}
