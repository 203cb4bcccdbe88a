package logfile

import (
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// arrive opens what a path names now: a new file, one that we know under another
// name, or the one that we followed in the last run. Older generations that were
// missed meanwhile come before it.
func (f *Follower) arrive(s *stream, st *unix.Stat_t, now time.Time) {
	if g := f.live[inodeOf(st)]; g != nil {
		if g.stream == s { // it was renamed away and back
			g.rotated, s.cur = time.Time{}, g
		}
		return // else another path leads to it too: it is read once
	}
	if s.copied == inodeOf(st) && now.Before(s.askAgain) {
		return
	}
	file, opened, err := f.openWithin(s.path)
	if err != nil {
		if !errors.Is(err, errNoRoom) {
			s.stats.fault(err)
		}
		return // the next round tries again
	}
	s.stats.clearFault()
	defer func() { s.first = false }()
	g := &generation{stream: s, inode: inodeOf(&opened), file: file, grew: now}
	known := f.past.of(s.path)
	if !f.place(g, &opened, known) {
		s.copied, s.askAgain = g.inode, now.Add(copyAgain)
		file.Close()
		return
	}
	unread := func(p Position) bool { return !p.Done && p.ID != g.pos.ID }
	if len(s.gens) > 0 || len(known) > 0 && (s.stats.Rotations > 0 || known[0].ID != g.pos.ID || slices.ContainsFunc(known, unread)) {
		f.catchUp(s, known, now)
	}
	f.follow(g, &opened, now)
	s.cur = g
}

// copyAgain is how often a file that was a copy of one that is followed is looked
// into again: the other may be gone.
const copyAgain = time.Second

// place finds where to begin in a new file. It is false when the file is a copy
// of one that is being followed.
func (f *Follower) place(g *generation, st *unix.Stat_t, known []Position) bool {
	s := g.stream
	if p, ok := f.past.byInode(g.inode); ok {
		if same, err := p.stands(g.file); err == nil && same {
			f.resume(g, p)
			g.pos.Path = s.path
			return true
		}
	}
	if f.copyOfLive(g.file) {
		return false
	}
	for _, p := range known { // an editor, or sed -i, wrote the same text to a new file
		if same, err := p.stands(g.file); err == nil && same && p.Head.Len > 0 {
			f.resume(g, p)
			return true
		}
	}
	g.pos = f.newborn(g, st)
	if s.first && s.source.From != fromBeginning && len(known) == 0 {
		if end, err := lastLineStart(g.file, st.Size, f.cfg.MaxLine); err == nil {
			if p, err := g.pos.at(g.file, end); err == nil {
				g.pos = p
			}
		}
	}
	return true
}

// newborn is the position of a generation of which nothing was read.
func (f *Follower) newborn(g *generation, st *unix.Stat_t) Position {
	return Position{ID: f.newID(), Path: g.stream.path, Dev: g.inode.dev, Ino: g.inode.ino, Since: st.Mtim.Nano()}
}

// resume goes on with a generation that is known, in the file in which it stands
// now. It keeps its number, so that what is acknowledged of it still counts.
func (f *Follower) resume(g *generation, p Position) {
	f.past.drop(p)
	p.Dev, p.Ino, p.Done = g.inode.dev, g.inode.ino, false
	g.pos = p
}

// lastLineStart returns where to begin at the end of a file: behind its last
// line, or where that begins when it is still being written.
func lastLineStart(r io.ReaderAt, size int64, limit int) (int64, error) {
	nl, err := lastNewline(r, max(0, size-int64(limit)), size, make([]byte, lookBytes))
	if err != nil || nl < 0 {
		return size, err
	}
	return nl + 1, nil
}

// copyOfLive says whether a file begins with what was read of one that is being
// followed: copytruncate has made it, or will truncate that one in a moment.
func (f *Follower) copyOfLive(r io.ReaderAt) bool {
	return f.heads.any(beginning(r, headBytes), func(g *generation) bool {
		same, err := g.pos.stands(r)
		return err == nil && same
	})
}

// follow takes a generation in: at the end of its stream.
func (f *Follower) follow(g *generation, st *unix.Stat_t, now time.Time) {
	s := g.stream
	s.gens = append(s.gens, g)
	f.live[g.inode] = g
	if g.file != nil {
		f.open[g] = struct{}{}
	}
	f.heads.add(g)
	f.acks.begin(g.pos)
	if st.Size == g.pos.Offset && g.packed == nil {
		g.seen, g.size = signatureOf(st), st.Size
		g.read = g.seen
		if len(f.open) > f.cfg.MaxOpen/2 && g.rotated.IsZero() {
			f.closeFile(g) // one of very many that are quiet
		}
		return
	}
	g.saw(signatureOf(st), now)
	f.news(s, now)
}

// errNoRoom says that too many files are open and all of them are in use.
var errNoRoom = errors.New("too many files are open: raise max_open")

// openWithin opens a file within the bound of descriptors.
func (f *Follower) openWithin(path string) (*os.File, unix.Stat_t, error) {
	if len(f.open) >= f.cfg.MaxOpen && !f.makeRoom() {
		f.total.NoRoom++
		return nil, unix.Stat_t{}, errNoRoom
	}
	return openFile(path)
}

// makeRoom closes the file that has been quiet for longest.
func (f *Follower) makeRoom() bool {
	var longest *generation
	for g := range f.open {
		if g.idle() && (longest == nil || g.grew.Before(longest.grew)) {
			longest = g
		}
	}
	if longest == nil {
		return false
	}
	f.closeFile(longest)
	return true
}

// reopen opens a generation again that has given its descriptor back.
func (f *Follower) reopen(g *generation) {
	if g.file != nil {
		return
	}
	file, st, err := f.openWithin(g.stream.path)
	switch {
	case errors.Is(err, errNoRoom):
	case err != nil:
		g.stream.stats.fault(err)
	case inodeOf(&st) != g.inode: // rotated since stat: the next round sees it
		file.Close()
	default:
		g.stream.stats.clearFault()
		g.file = file
		f.open[g] = struct{}{}
	}
}

// closeFile gives a descriptor back.
func (f *Follower) closeFile(g *generation) {
	if g.packed != nil {
		g.packed.close() // it was read; there is nothing to do about an error
		g.packed = nil
	} else if g.file != nil {
		g.file.Close()
	}
	g.file = nil
	delete(f.open, g)
}
