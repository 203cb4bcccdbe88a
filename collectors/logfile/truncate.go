package logfile

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"monitord/internal/logkeys"
)

// emptied is truncated for a file that was emptied while it was read. When it is
// still shorter than where the reading began, what was read was of the old
// content, and there may be no copy of it.
func (r *reader) emptied(ctx context.Context, g *generation, p piece) outcome {
	var st unix.Stat_t
	if err := unix.Fstat(int(g.file.Fd()), &st); err != nil {
		return r.fault(g, err)
	}
	if st.Size <= g.pos.Offset && !r.deliver(ctx, g, p) {
		return blocked
	}
	return r.truncated(g)
}

// truncated ends a generation of which the file was emptied, looks for the rest
// of it in a copy, and begins another one in the same file.
func (r *reader) truncated(g *generation) outcome {
	f := r.f
	f.mu.Lock()
	defer f.mu.Unlock()
	s, now := g.stream, time.Now()
	var st unix.Stat_t
	if err := unix.Fstat(int(g.file.Fd()), &st); err != nil {
		s.stats.fault(err)
		return blocked
	}
	s.stats.Truncations++
	current := s.cur == g
	begun := &generation{stream: s, inode: g.inode, file: g.file, grew: now, rotated: g.rotated}
	delete(f.open, g)
	g.file = nil // it is the new one's
	f.let(g)
	f.live[begun.inode] = begun // it is no copy of itself
	f.acks.forget(f.past.add(g.pos)...)
	f.listings = nil
	before := len(s.gens)
	f.catchUp(s, begun, now)
	f.account(g, s.gens[before:])
	begun.pos = f.newborn(begun, &st)
	f.follow(begun, &st, now)
	if current {
		s.cur = begun
	}
	f.news(s, now)
	return fresh
}

// generation finds one of a stream's generations by its number.
func (s *stream) generation(id uint64) *generation {
	for _, g := range s.gens {
		if g.pos.ID == id {
			return g
		}
	}
	return nil
}

// lose counts bytes that were seen in a file and could not be read.
func (f *Follower) lose(s *stream, n int64) {
	s.stats.LostBytes += uint64(n)
	f.deps.Logger.Warn("a log was truncated before it was read; what is missing was not found in a copy", logkeys.Path, s.path, logkeys.Bytes, n)
}

// account counts what of a truncated generation is lost, after the search that
// has found some files.
func (f *Follower) account(g *generation, found []*generation) {
	size := max(g.size, g.expect)
	if g.pos.Head.Len == 0 { // nothing of it was read: its copy is a file that was missed
		f.past.drop(g.pos)
		f.acks.forget(g.pos.ID)
		if len(found) > 0 {
			found[0].expect = size
			return
		}
	}
	if copied := g.stream.generation(g.pos.ID); copied != nil {
		copied.expect = size
	} else if p, known := f.past.all[g.pos.ID]; size > g.pos.Offset && !(known && p.Done && p.Offset >= size) {
		f.lose(g.stream, size-g.pos.Offset)
	}
}
