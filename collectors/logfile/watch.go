package logfile

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// stream is a path: what it names now, and the older generations of it that are
// not read to their end.
type stream struct {
	path     string
	source   *Source
	first    bool        // found when its pattern was followed for the first time
	cur      *generation // what the path names; also in gens
	gens     []*generation
	queued   bool
	dropped  bool      // its path is gone and nothing is left to read
	active   time.Time // when something last happened
	copied   inode     // what the path names is a copy of what is followed …
	askAgain time.Time // … until we look again
	searchAt time.Time // when to search for older generations again
	searches int
	copies   map[inode]bool // rotated files that were found to be copies of what is open
	sought   bool           // the path names nothing, and what is left of it was searched for
	tick     uint64         // when it was looked at
	decoder  *decoder       // of the reader
	stats    FileStats
}

// youngest returns the position of what of the stream was begun last.
func (s *stream) youngest(current *generation, past []Position) Position {
	var y Position
	for _, g := range s.with(current) {
		past = append(past, g.pos)
	}
	for _, p := range past {
		if p.ID > y.ID {
			y = p
		}
	}
	return y
}

// beginnings returns the first bytes of the stream's files that are open.
func (s *stream) beginnings(current *generation) (all [][]byte) {
	for _, g := range s.with(current) {
		if b := g.beginning(); len(b) > 0 {
			all = append(all, b)
		}
	}
	return all
}

// with lists the stream's generations, and one that is not yet among them.
func (s *stream) with(current *generation) []*generation {
	if current == nil {
		return s.gens
	}
	return append(slices.Clone(s.gens), current)
}

// errNotRegular is said of folders, sockets and devices.
var errNotRegular = errors.New("is no regular file")

// sweepSize is how many of the quiet files are looked at in a round; hotSize is
// how many files with recent news are looked at in every round.
const (
	sweepSize = 1000
	hotSize   = 1000
)

// watch looks at files round by round. It alone opens them.
func (f *Follower) watch(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for round := uint64(1); ; round++ {
		f.mu.Lock()
		f.round(time.Now(), round)
		f.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// round is one look at everything that is due.
func (f *Follower) round(now time.Time, n uint64) {
	f.listings = nil
	f.takeHints(now)
	if !now.Before(f.discovery) {
		f.discover()
		f.discovery = now.Add(max(discoverEvery, 20*time.Since(now))) // a huge folder must not cost a core
	}
	for _, s := range f.begun {
		f.lookOnce(s, now, n)
	}
	f.begun = nil
	for s := range f.hot {
		f.lookOnce(s, now, n)
	}
	for range min(sweepSize, len(f.order)) {
		f.sweepAt++
		if f.sweepAt >= len(f.order) {
			f.sweepAt = 0
		}
		f.lookOnce(f.order[f.sweepAt], now, n)
	}
	f.cool(now)
}

func (f *Follower) lookOnce(s *stream, now time.Time, round uint64) {
	if s.tick != round {
		s.tick = round
		f.look(s, now)
	}
}

// cool lets go of what has been quiet.
func (f *Follower) cool(now time.Time) {
	for s := range f.hot {
		if len(s.gens) <= 1 && now.Sub(s.active) > idleAfter {
			delete(f.hot, s)
		}
	}
	for g := range f.open {
		if g.idle() && now.Sub(g.grew) > idleAfter {
			f.closeFile(g)
		}
	}
	if f.dropped {
		f.order = slices.DeleteFunc(f.order, func(s *stream) bool { return s.dropped })
		f.dropped = false
	}
}

// idle says that a descriptor can be given back: the path leads to it again.
func (g *generation) idle() bool {
	return g.file != nil && !g.busy && g.packed == nil && g.drained() && g.rotated.IsZero()
}

// look sees what a path names now, and whether its generations have changed.
func (f *Follower) look(s *stream, now time.Time) {
	var st unix.Stat_t
	err := unix.Stat(s.path, &st)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		f.rotate(s, now)
		f.gone(s)
		f.lookFor(s, now)
	case err != nil:
		s.stats.fault(err)
	case st.Mode&unix.S_IFMT != unix.S_IFREG:
		f.rotate(s, now)
		s.stats.fault(errNotRegular)
	case s.cur != nil && s.cur.inode == inodeOf(&st):
		if s.cur.saw(signatureOf(&st), now) {
			f.news(s, now)
			f.reopen(s.cur)
		}
	default:
		f.rotate(s, now)
		f.arrive(s, &st, now)
	}
	f.lookAtRotated(s, now)
	if !s.searchAt.IsZero() && now.After(s.searchAt) {
		f.catchUp(s, nil, now)
	}
}

// lookAtRotated sees late writers, and ends what is spent.
func (f *Follower) lookAtRotated(s *stream, now time.Time) {
	for _, g := range s.gens {
		if g == s.cur || g.file == nil {
			continue
		}
		var st unix.Stat_t
		if g.packed == nil && unix.Fstat(int(g.file.Fd()), &st) == nil && g.saw(signatureOf(&st), now) {
			f.news(s, now)
		}
		if g.spent(now, f.cfg.Linger) {
			f.enqueue(s) // the reader delivers its last piece and ends it
		}
	}
}

// news marks a stream as one with something to read.
func (f *Follower) news(s *stream, now time.Time) {
	s.active = now
	if _, ok := f.hot[s]; ok || len(f.hot) < hotSize || len(s.gens) > 1 {
		f.hot[s] = struct{}{}
	}
	f.enqueue(s)
}

// rotate notes that the path does not name its generation any more.
func (f *Follower) rotate(s *stream, now time.Time) {
	g := s.cur
	if g == nil {
		return
	}
	s.cur, g.rotated = nil, now
	s.searches = 0
	s.stats.Rotations++
	if g.file == nil { // given back: catchUp looks for it
		f.let(g)
		f.acks.forget(f.past.add(g.pos)...)
		return
	}
	f.hot[s] = struct{}{}
}

// gone ends the stream of a pattern when nothing is left of it.
func (f *Follower) gone(s *stream) {
	s.first = false // what comes is read from its beginning
	if len(s.gens) == 0 && !s.source.literal() {
		s.dropped, f.dropped = true, true
		delete(f.streams, s.path)
		delete(f.hot, s)
		f.acks.forget(f.past.orphan(s.path)...)
		return
	}
	s.stats.clearFault()
	s.stats.Missing = len(s.gens) == 0
}

// lookFor searches for what is left of a path that names nothing now: it was
// rotated while nobody followed, and nobody knows when its next file comes. It
// does so once in each absence.
func (f *Follower) lookFor(s *stream, now time.Time) {
	if s.sought || s.dropped {
		return
	}
	s.sought = true
	if slices.ContainsFunc(f.past.of(s.path), func(p Position) bool { return !p.Done }) {
		f.catchUp(s, nil, now)
		s.stats.Missing = len(s.gens) == 0
	}
}

// let takes a generation out of everything.
func (f *Follower) let(g *generation) {
	f.closeFile(g)
	if f.live[g.inode] == g {
		delete(f.live, g.inode)
	}
	g.stream.gens = slices.DeleteFunc(g.stream.gens, func(o *generation) bool { return o == g })
}
