package logfile

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"time"
)

// search looks among the rotated files of a stream for generations that were not
// read to their end, and for those that came and went unseen.
type search struct {
	f   *Follower
	s   *stream
	now time.Time
	// settled are the files of which it is known what they are; nil when nothing
	// is to be read in them.
	settled map[inode]*generation
	// standing are the generations that still are where they were read: a file
	// that begins as one of them does is another one.
	standing map[uint64]bool
	// unsure says that a file is being compressed: it is worth another search.
	unsure bool
	// youngest is what of the stream was begun last, before the search.
	youngest Position
	// reading are the positions of the stream's generations that are being read.
	reading []Position
	// heads are the beginnings of the stream's files that are open.
	heads [][]byte
}

// catchUp puts what a search finds at the end of a stream, in the order in which
// it was written. current is what the path names now; nil is nothing new.
func (f *Follower) catchUp(s *stream, current *generation, now time.Time) {
	found := f.candidates(s)
	for n := range s.copies { // those that are gone; an inode's number comes again
		if !slices.ContainsFunc(found, func(c candidate) bool { return c.inode == n }) {
			delete(s.copies, n)
		}
	}
	q := search{f: f, s: s, now: now, settled: map[inode]*generation{}, standing: map[uint64]bool{}, heads: s.beginnings(current)}
	for _, g := range s.with(current) {
		q.reading = append(q.reading, g.pos)
	}
	q.youngest = s.youngest(current, f.past.of(s.path))
	for _, c := range found {
		if !isPacked(c.path) {
			q.try(c, q.byInode)
		}
	}
	plain := map[string]bool{}
	for _, c := range found {
		switch {
		case !isPacked(c.path):
			plain[c.path] = true
			q.try(c, q.byContent)
		case plain[plainName(c.path)]: // older by its time, so it came before
			q.unsure = true
		default:
			q.try(c, q.inPacked)
		}
	}
	for _, c := range found {
		if g := q.settled[c.inode]; g != nil {
			f.follow(g, &g.opened, now)
		}
	}
	s.searchAgain(now, q.unsure)
}

// Searches again after a second, two, four …: what is compressed for longer is
// found at the next rotation.
const maxSearches = 6

// searchAgain notes when to search again.
func (s *stream) searchAgain(now time.Time, unsure bool) {
	if s.searchAt = (time.Time{}); unsure && s.searches < maxSearches {
		s.searchAt = now.Add(time.Second << s.searches)
		s.searches++
	}
}

// verdict is what a candidate is.
type verdict int

const (
	unknown verdict = iota
	nothing         // known, and nothing is left in it
	wanted          // to be read from the generation's position on
)

// try opens a candidate that is not settled and asks what it is.
func (q *search) try(c candidate, judge func(*generation, candidate) verdict) {
	if _, settled := q.settled[c.inode]; settled || q.f.live[c.inode] != nil {
		return
	}
	file, st, err := q.f.openWithin(c.path)
	if err != nil {
		if !os.IsNotExist(err) { // it may have been compressed just now
			q.s.stats.fault(err)
		}
		return
	}
	g := &generation{stream: q.s, inode: inodeOf(&st), file: file, opened: st, grew: q.now, rotated: q.now}
	switch judge(g, c) {
	case wanted:
		q.settled[c.inode] = g
		return
	case nothing:
		q.settled[c.inode] = nil
	}
	if g.packed != nil {
		g.packed.close() // it was only looked into
	} else if g.file != nil {
		g.file.Close()
	}
}

// byInode goes on in a file that was followed before.
func (q *search) byInode(g *generation, _ candidate) verdict {
	p, ok := q.f.past.byInode(g.inode)
	if !ok {
		return unknown
	}
	if same, err := p.stands(g.file); err != nil || !same {
		return unknown
	}
	q.standing[p.ID] = true
	return q.resume(g, p, g.opened.Size > p.Offset)
}

// byContent goes on in a copy of what was read, or begins a file that was missed.
func (q *search) byContent(g *generation, c candidate) verdict {
	for _, p := range q.f.past.beginning(q.s.path, beginning(g.file, headBytes)) {
		if q.standing[p.ID] {
			continue
		}
		if same, err := p.copied(g.file, g.opened.Size); err == nil && same {
			return q.resume(g, p, g.opened.Size > p.Offset)
		}
	}
	if q.isOpen(beginning(g.file, headBytes)) || q.copyOfRead(g) {
		if q.s.copies == nil {
			q.s.copies = map[inode]bool{}
		}
		q.s.copies[g.inode] = true
		return unknown
	}
	return q.missed(g, c)
}

// copyOfRead says whether a file is a copy of one of the stream's generations that
// are being read, of which the file may have been emptied by now.
func (q *search) copyOfRead(g *generation) bool {
	return slices.ContainsFunc(q.reading, func(p Position) bool {
		same, err := p.copied(g.file, g.opened.Size)
		return err == nil && same
	})
}

// inPacked is byContent for a compressed file, which has to be read from its
// beginning.
func (q *search) inPacked(g *generation, c candidate) verdict {
	u, err := unpack(g.file, q.f.cfg.MaxLine)
	if g.file = nil; err != nil {
		q.unsure = q.unsure || !errors.Is(err, errUnreadable)
		return unknown
	}
	g.file, g.packed = u.file, u
	head := u.head()
	for _, p := range q.f.past.beginning(q.s.path, head) {
		if q.standing[p.ID] {
			continue
		}
		if p.Done && p.Head.Len == headBytes { // spare the work: it was read to its end
			return q.resume(g, p, false)
		}
		same, err := u.reach(p)
		if err == nil && u.at < p.Offset && p.Head.Len == headBytes { // made before the last lines that we have read
			return q.resume(g, p, false)
		}
		if err != nil || !same {
			q.unsure = q.unsure || err != nil
			return unknown // and what u has passed over is gone
		}
		_, err = u.in.Peek(1)
		return q.resume(g, p, err == nil)
	}
	begins := func(p Position) bool {
		return p.Head.Len > 0 && p.Head.Len <= len(head) && printOf(head[:p.Head.Len]) == p.Head
	}
	if q.isOpen(head) || slices.ContainsFunc(q.reading, begins) {
		return unknown // what was compressed is read there
	}
	return q.missed(g, c)
}

// isOpen says whether one of the stream's files that are open begins as a content
// does, be it read already or not.
func (q *search) isOpen(head []byte) bool {
	return len(head) == 0 || slices.ContainsFunc(q.heads, func(b []byte) bool { return bytes.HasPrefix(head, b) || bytes.HasPrefix(b, head) })
}

// resume goes on with a generation, or notes that nothing is left of it.
func (q *search) resume(g *generation, p Position, more bool) verdict {
	q.f.resume(g, p)
	if more {
		if b := g.beginning(); len(b) > 0 {
			q.heads = append(q.heads, b) // other files may be copies of it
		}
		return wanted
	}
	q.f.finish(g.pos)
	return nothing
}

// copySlack is how much older than a file its copy may be that was made just
// before we have seen the file.
const copySlack = 50 * time.Millisecond

// missed begins a generation that nobody has seen while it was written. A file
// that is older than what was followed last is older news, and one that has a
// stream of its own is read there.
func (q *search) missed(g *generation, c candidate) verdict {
	older := c.mtime < q.youngest.Since-int64(copySlack) && !q.s.copies[g.inode]
	if !c.surely || q.youngest.ID == 0 || older || q.f.followedElsewhere(c.path) {
		return unknown
	}
	g.pos = q.f.newborn(g, &g.opened)
	if b := g.beginning(); len(b) > 0 {
		q.heads = append(q.heads, b)
	}
	return wanted
}

// followedElsewhere says whether a path is a stream of its own, or will be.
func (f *Follower) followedElsewhere(path string) bool {
	return f.streams[path] != nil || slices.ContainsFunc(f.cfg.Files, func(src Source) bool { return src.matches(path) })
}

// finish notes that a generation was read to its end.
func (f *Follower) finish(p Position) {
	p.Done = true
	f.acks.forget(f.past.add(p)...)
	f.acks.finish(p)
}
