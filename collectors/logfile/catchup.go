package logfile

import (
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// catchUp looks among the rotated files of a stream for those that were not
// read to their end, and for generations that came and went unseen, and puts
// them in the order in which they were written at the end of the stream. known
// is the stream's past, the youngest first.
func (f *Follower) catchUp(s *stream, known []Position, now time.Time) {
	for _, c := range f.candidates(s) {
		if f.live[c.inode] != nil || f.followedElsewhere(s, c.path) {
			continue
		}
		if p, ok := f.past.byInode(c.inode); ok && p.Done && (p.Offset == c.size || isPacked(c.path)) {
			continue
		}
		file, st, err := f.openWithin(c.path)
		if err != nil {
			if !os.IsNotExist(err) { // it may have been compressed just now
				s.stats.fault(err)
			}
			continue
		}
		g := &generation{stream: s, inode: inodeOf(&st), file: file, grew: now, rotated: now}
		f.adopt(g, c, &st, known, now)
	}
}

// adopt takes an older generation in, or closes its file.
func (f *Follower) adopt(g *generation, c candidate, st *unix.Stat_t, known []Position, now time.Time) {
	var wanted bool
	if isPacked(c.path) {
		wanted = f.placePacked(g, c, st, known)
	} else {
		wanted = f.placeRotated(g, c, st, known)
	}
	if wanted {
		f.follow(g, st, now)
		return
	}
	if g.packed != nil {
		g.packed.close()
	} else if g.file != nil {
		g.file.Close()
	}
}

// placeRotated finds where to go on in a rotated file, and whether there is
// anything to read.
func (f *Follower) placeRotated(g *generation, c candidate, st *unix.Stat_t, known []Position) bool {
	if p, ok := f.past.byInode(g.inode); ok {
		known = append([]Position{p}, known...)
	}
	for _, p := range known {
		if p.Head.Len == 0 && p.inode() != g.inode {
			continue
		}
		if same, err := p.stands(g.file); err == nil && same {
			return f.resumeRotated(g, p, st.Size > p.Offset)
		}
	}
	return !f.copyOfLive(g.file) && f.missed(g, c, st, known)
}

// resumeRotated goes on in a rotated file, or notes that nothing is left in it.
func (f *Follower) resumeRotated(g *generation, p Position, more bool) bool {
	f.resume(g, p)
	if !more {
		f.finish(g.pos)
	}
	return more
}

// finish notes that a generation was read to its end.
func (f *Follower) finish(p Position) {
	p.Done = true
	f.acks.forget(f.past.add(p)...)
	f.acks.finish(p)
}

// missed begins a generation that nobody has seen while it was written. A file
// that is older than what was followed last is older news.
func (f *Follower) missed(g *generation, c candidate, st *unix.Stat_t, known []Position) bool {
	youngest := Position{}
	for _, p := range known {
		if p.ID > youngest.ID {
			youngest = p
		}
	}
	for _, o := range g.stream.gens {
		if o.pos.ID > youngest.ID {
			youngest = o.pos
		}
	}
	if !c.surely || youngest.ID == 0 || c.mtime < youngest.Since {
		return false
	}
	g.pos = f.newborn(g, st)
	return true
}

// placePacked is placeRotated for a compressed file, which has to be read from
// its beginning.
func (f *Follower) placePacked(g *generation, c candidate, st *unix.Stat_t, known []Position) bool {
	u, err := unpack(g.file, f.cfg.MaxLine)
	if g.file = nil; err != nil {
		return false // it is being written, or of a kind that we cannot read
	}
	g.file, g.packed = u.file, u
	if p, ok := f.past.byInode(g.inode); ok {
		known = append([]Position{p}, known...)
	}
	head := u.head()
	for _, p := range known {
		if p.Head.Len == 0 || len(head) < p.Head.Len || printOf(head[:p.Head.Len]) != p.Head {
			continue
		}
		if p.Done && p.Head.Len == headBytes { // spare the work: it was read to its end
			return f.resumeRotated(g, p, false)
		}
		same, err := u.reach(p)
		if err != nil || !same {
			return false // what u has passed over is gone; the next rotation looks again
		}
		_, err = u.in.Peek(1)
		return f.resumeRotated(g, p, err == nil)
	}
	// What was compressed may still be open here, and is read there.
	live := f.heads.any(head, func(*generation) bool { return true })
	return !live && f.missed(g, c, st, known)
}

// followedElsewhere says whether a path is a stream of its own, or will be.
func (f *Follower) followedElsewhere(s *stream, path string) bool {
	if f.streams[path] != nil {
		return true
	}
	return path != s.path && slices.ContainsFunc(f.cfg.Files, func(src Source) bool { return src.matches(path) })
}
