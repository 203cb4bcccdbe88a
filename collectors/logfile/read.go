package logfile

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"monitord/collectors"
	"monitord/internal/logkeys"
)

// stretchBytes and stretchLines bound one batch, and so how long one file keeps
// the others waiting.
const (
	stretchBytes = 256 << 10
	stretchLines = 4096
)

// readAll reads what the watcher has seen, one stream after the other.
func (f *Follower) readAll(ctx context.Context) error {
	r := &reader{f: f, look: make([]byte, lookBytes)}
	for ctx.Err() == nil {
		s := f.next()
		if s == nil {
			select {
			case <-ctx.Done():
			case <-f.wake:
			}
			continue
		}
		if r.stream(ctx, s) {
			f.mu.Lock()
			f.enqueue(s)
			f.mu.Unlock()
		}
	}
	return nil
}

// next takes a stream from the queue.
func (f *Follower) next() *stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return nil
	}
	s := f.queue[0]
	f.queue = f.queue[1:]
	s.queued = false
	return s
}

// reader is the goroutine that reads.
type reader struct {
	f       *Follower
	look    []byte
	failing bool // the sink
}

// stream reads a stream's generations in order, an older one to its end before a
// younger one is begun. It reports whether there is more.
func (r *reader) stream(ctx context.Context, s *stream) (more bool) {
	for _, g := range r.take(s) {
		if ctx.Err() != nil {
			return false
		}
		res := r.generation(ctx, g)
		r.f.mu.Lock()
		g.busy = false
		r.f.mu.Unlock()
		if res == fresh || res == again {
			return true
		}
	}
	return false
}

// take lists the generations that have something to do.
func (r *reader) take(s *stream) []*generation {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.gens), func(g *generation) bool {
		return g.file == nil || g.drained() && g.rotated.IsZero()
	})
}

// outcome is how the reading of a generation went.
type outcome int

const (
	drained outcome = iota // nothing more for now
	again                  // there is more
	fresh                  // the stream has other generations now
	blocked                // an error, which is noted: the next round tries again
)

// generation reads one stretch and delivers it.
func (r *reader) generation(ctx context.Context, g *generation) outcome {
	r.f.mu.Lock()
	if g.file == nil || g.stream.dropped {
		r.f.mu.Unlock()
		return drained
	}
	g.busy = true
	r.f.mu.Unlock()
	if g.packed != nil {
		return r.unpack(ctx, g)
	}
	var st unix.Stat_t
	if err := unix.Fstat(int(g.file.Fd()), &st); err != nil {
		return r.fault(g, err)
	}
	sig := signatureOf(&st)
	if sig.size < g.pos.Offset {
		return r.truncated(g)
	}
	p, err := r.stretch(g, sig.size)
	if err != nil {
		return r.fault(g, err)
	}
	// What was read counts only if it still stands in the file, at its beginning
	// and at the end of the stretch: else the file was truncated and filled again
	// meanwhile, and the stretch may be of the new content.
	same, err := g.stands(p.next)
	if err != nil {
		return r.fault(g, err)
	}
	if !same {
		return r.emptied(ctx, g, p)
	}
	if !r.deliver(ctx, g, p) {
		return blocked
	}
	return r.settle(ctx, g, sig, p)
}

// settle notes how far a generation was read, and ends it when it is spent.
func (r *reader) settle(ctx context.Context, g *generation, sig signature, p piece) outcome {
	if p.more {
		return again
	}
	f := r.f
	f.mu.Lock()
	defer f.mu.Unlock()
	g.read = sig
	g.size = max(g.size, sig.size)
	if g.drained() {
		g.behind = time.Time{}
	}
	if !g.spent(time.Now(), f.cfg.Linger) {
		return drained
	}
	if g.pos.Offset < sig.size && !g.pos.Skip && !p.last {
		f.mu.Unlock()
		ok := r.lastPiece(ctx, g, sig.size)
		f.mu.Lock()
		if !ok {
			return blocked
		}
	}
	f.end(g)
	return drained
}

// end lets go of a generation that was read to its end.
func (f *Follower) end(g *generation) {
	if g.expect > g.pos.Offset {
		f.lose(g.stream, g.expect-g.pos.Offset)
	}
	f.let(g)
	f.finish(g.pos)
}

func (r *reader) fault(g *generation, err error) outcome {
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	g.stream.stats.fault(err)
	return blocked
}

// deliver gives a piece to the sink, again and again until it is taken, and moves
// on. It is false when the program ends before.
func (r *reader) deliver(ctx context.Context, g *generation, p piece) bool {
	if p.next == g.pos {
		return true
	}
	for len(p.lines) > 0 {
		err := r.f.deps.Sink(ctx, Batch{Lines: p.lines, Position: p.next})
		if err == nil {
			r.failing = false
			break
		}
		if ctx.Err() != nil {
			return false
		}
		if !r.failing {
			r.f.deps.Logger.Warn("lines of logs are not taken; reading waits", logkeys.Path, g.stream.path, logkeys.Err, err)
		}
		r.failing = true
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryEvery):
		}
	}
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	g.pos = p.next
	g.stream.stats.count(p)
	r.f.total.count(p)
	return true
}

// newLine makes a line of what was read.
func (r *reader) newLine(g *generation, raw string, offset, next int64, at time.Time) collectors.Line {
	return collectors.Line{
		Source: g.stream.path, Offset: offset, Next: next, Text: g.decoder.text(raw),
		At: at, Severity: collectors.NoSeverity,
	}
}
