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
	s.sought = false
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
	if !f.known(g) && f.copyOfLive(g.file, opened.Size, s.path) {
		s.copied, s.askAgain = g.inode, now.Add(copyAgain)
		file.Close()
		return
	}
	f.live[g.inode] = g // no older generation of itself
	past := f.past.of(s.path)
	unread := func(p Position) bool { return !p.Done }
	// Of an inode of which nothing was read it is not known what stood in it.
	if s.stats.Rotations > 0 || g.pos.Head.Len == 0 && (g.pos.ID != 0 || len(past) > 0) || slices.ContainsFunc(past, unread) {
		f.catchUp(s, g, now)
	}
	if g.pos.ID == 0 && !f.knownContent(g, opened.Size) {
		f.begin(g, &opened, len(past) > 0)
	}
	f.follow(g, &opened, now)
	s.cur = g
}

// copyAgain is how often a file that was a copy of one that is followed is looked
// into again: the other may be gone.
const copyAgain = time.Second

// known finds the position of a file by its inode: it was followed in the last
// run, or under another name.
func (f *Follower) known(g *generation) bool {
	p, ok := f.past.byInode(g.inode)
	if !ok {
		return false
	}
	if same, err := p.stands(g.file); err != nil || !same {
		return false
	}
	f.resume(g, p)
	g.pos.Path = g.stream.path
	return true
}

// knownContent finds the position of a file by what it begins with: an editor, or
// sed -i, wrote the same text to a new file, or copytruncate has made a copy
// that a pattern names. A generation that was read to its end counts only with a
// whole fingerprint: many a log begins with the same line each day.
func (f *Follower) knownContent(g *generation, size int64) bool {
	head := beginning(g.file, headBytes)
	for _, log := range logsOf(g.stream.path) {
		for _, p := range f.past.beginning(log, head) {
			if p.Done && p.Head.Len < headBytes {
				continue
			}
			if same, err := p.copied(g.file, size); err != nil || !same {
				continue
			}
			f.resume(g, p)
			g.pos.Path = g.stream.path
			if end, err := g.pos.at(g.file, size); err == nil && size < p.Offset {
				g.pos = end
			}
			return true
		}
	}
	return false
}

// begin begins a new file: at its beginning, save for what was there when we were
// told to follow it.
func (f *Follower) begin(g *generation, st *unix.Stat_t, late bool) {
	g.pos = f.newborn(g, st)
	if !g.stream.first || g.stream.source.From == fromBeginning || late {
		return
	}
	if end, err := lastLineStart(g.file, st.Size, f.cfg.MaxLine); err == nil {
		if p, err := g.pos.at(g.file, end); err == nil {
			g.pos = p
		}
	}
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
func (f *Follower) copyOfLive(r io.ReaderAt, size int64, path string) bool {
	for _, log := range logsOf(path) {
		s := f.streams[log]
		if s == nil {
			continue
		}
		for _, g := range s.gens {
			if same, err := g.pos.copied(r, size); err == nil && same && g.packed == nil {
				return true
			}
		}
	}
	return false
}

// follow takes a generation in: at the end of its stream.
func (f *Follower) follow(g *generation, st *unix.Stat_t, now time.Time) {
	s := g.stream
	s.gens = append(s.gens, g)
	f.live[g.inode] = g
	if g.file != nil {
		f.open[g] = struct{}{}
	}
	f.acks.begin(g.pos)
	if g.pos.Head.Len == 0 {
		g.opening = printOf(g.beginning())
	}
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
