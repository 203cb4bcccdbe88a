package logfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"monitord/collectors"
)

// piece is what was read of a generation at once.
type piece struct {
	lines []collectors.Line
	next  Position // behind it
	bytes int64    // read or passed over
	cut   int64    // of them, bytes of lines beyond the limit
	cuts  int      // lines that were cut
	more  bool     // the generation has more
	last  bool     // it has not, and never will
}

// stretch reads the next lines of a plain file of a size.
func (r *reader) stretch(g *generation, size int64) (piece, error) {
	p := piece{next: g.pos}
	if err := r.begin(g, &p, size); err != nil {
		return p, err
	}
	from := p.next.Offset
	var err error
	switch {
	case from >= size:
		return p, nil
	case p.next.Skip:
		err = r.skipLong(g, &p, size)
	default:
		err = r.lines(g, &p, size)
	}
	if err != nil || p.next.Offset == g.pos.Offset {
		return p, err
	}
	p.bytes = p.next.Offset - g.pos.Offset
	if len(p.lines) > 0 && !p.next.Skip {
		return p, nil // lines has taken the fingerprints of what it read
	}
	p.next, err = p.next.at(g.file, p.next.Offset)
	return p, err
}

// begin looks at the beginning of a file before its first line is read.
func (r *reader) begin(g *generation, p *piece, size int64) error {
	if g.decoder != nil && p.next.Offset > 0 {
		return nil
	}
	head := beginning(g.file, 16)
	g.setDecoder(head)
	if p.next.Offset > 0 || len(head) == 0 || head[0] != 0 {
		return nil
	}
	// A writer that does not append goes on behind the end of a file that was
	// truncated, and leaves a hole before it.
	data, err := unix.Seek(int(g.file.Fd()), 0, unix.SEEK_DATA)
	if errors.Is(err, unix.ENXIO) {
		data = size // nothing but a hole
	} else if err != nil {
		return nil // the file system does not know holes
	}
	for data < size {
		n, err := g.file.ReadAt(r.look, data)
		zeros := n - len(bytes.TrimLeft(r.look[:n], "\x00"))
		data += int64(zeros)
		if zeros < n || n == 0 {
			break
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", g.stream.path, err)
		}
	}
	p.next.Offset = min(data, size)
	return nil
}

// setDecoder decides how the lines of a file are decoded.
func (g *generation) setDecoder(head []byte) {
	g.decoder = g.stream.decoder
	if name := byteOrder(g.stream.source.encoding(), head); name != g.stream.decoder.name {
		g.decoder = newDecoder(name)
	}
}

// lines reads whole lines, or the beginning of one that is too long.
func (r *reader) lines(g *generation, p *piece, size int64) error {
	from := p.next.Offset
	to := min(size, from+max(stretchBytes, 2*int64(r.f.cfg.MaxLine)))
	s, err := findSpan(g.file, from, to, r.f.cfg.MaxLine, r.look)
	if err != nil {
		return fmt.Errorf("read %s: %w", g.stream.path, err)
	}
	if s.end == s.from {
		if s.long {
			return r.cutLong(g, p)
		}
		return nil
	}
	raw, err := tailSpan(g.file, s)
	if err != nil {
		return err
	}
	if err := p.next.begins(g.file, raw); err != nil {
		return fmt.Errorf("read %s: %w", g.stream.path, err)
	}
	at, now := from, r.f.deps.Now()
	p.lines = make([]collectors.Line, 0, len(raw))
	for i, text := range raw {
		next := at + int64(len(text)) + 1
		if next > s.end || i == len(raw)-1 && next < s.end {
			break // a piece, or of another content: the file was changed meanwhile
		}
		p.lines = append(p.lines, r.newLine(g, text, at, next, now))
		p.next.Anchor = printOf([]byte(text[max(0, len(text)-anchorBytes+1):] + "\n"))
		at = next
	}
	p.next.Offset = at
	p.more = s.long || s.end < size && to < size
	return nil
}

// cutLong reads the beginning of a line that is longer than the limit.
func (r *reader) cutLong(g *generation, p *piece) error {
	b := make([]byte, r.f.cfg.MaxLine)
	n, err := g.file.ReadAt(b, p.next.Offset)
	if n < len(b) {
		if errors.Is(err, io.EOF) {
			return nil // it has just shrunk
		}
		return fmt.Errorf("read %s: %w", g.stream.path, err)
	}
	p.addCut(r, g, string(b))
	p.more = true
	return nil
}

// addCut adds the beginning of a line and passes over the rest from now on.
func (p *piece) addCut(r *reader, g *generation, b string) {
	at := p.next.Offset
	l := r.newLine(g, wholeRunes(b), at, at+int64(len(b)), r.f.deps.Now())
	l.Cut = true
	p.lines = append(p.lines, l)
	p.cuts++
	p.next.Offset, p.next.Skip = l.Next, true
}

// wholeRunes takes off a character of UTF-8 that was cut in two.
func wholeRunes(s string) string {
	for i := 1; i <= utf8.UTFMax && i <= len(s); i++ {
		if c := s[len(s)-i]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRuneInString(s[len(s)-i:]) {
				return s[:len(s)-i]
			}
			break
		}
	}
	return s
}

// skipBytes is how much of a long line is passed over at once.
const skipBytes = 16 << 20

// skipLong passes over the rest of a line that was cut.
func (r *reader) skipLong(g *generation, p *piece, size int64) error {
	from := p.next.Offset
	to := min(size, from+skipBytes)
	buf := make([]byte, 64<<10)
	nl, err := nextNewline(g.file, from, to, buf)
	if err != nil {
		return fmt.Errorf("read %s: %w", g.stream.path, err)
	}
	p.next.Offset = to
	if nl >= 0 {
		p.next.Offset, p.next.Skip = nl+1, false
	}
	p.cut = p.next.Offset - from
	p.more = p.next.Offset < size
	return nil
}

// lastPiece delivers what stands at the end of a file that will not grow any
// more: a line without an end.
func (r *reader) lastPiece(ctx context.Context, g *generation, size int64) bool {
	b := make([]byte, min(size-g.pos.Offset, int64(r.f.cfg.MaxLine)))
	n, err := g.file.ReadAt(b, g.pos.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		r.fault(g, fmt.Errorf("read %s: %w", g.stream.path, err))
		return true // it is as gone as the rest of the file
	}
	p := piece{next: g.pos, bytes: int64(n)}
	p.next.Offset += int64(n)
	if text := strings.Trim(string(b[:n]), "\x00"); text != "" {
		p.lines = []collectors.Line{r.newLine(g, text, g.pos.Offset, p.next.Offset, r.f.deps.Now())}
	}
	if next, err := p.next.at(g.file, p.next.Offset); err == nil {
		p.next = next
	}
	return r.deliver(ctx, g, p)
}

// unpack reads the next lines of a compressed file.
func (r *reader) unpack(ctx context.Context, g *generation) outcome {
	u := g.packed
	p := piece{next: g.pos}
	if g.decoder == nil {
		g.setDecoder(nil)
	}
	if u.at == 0 && g.pos.Offset == 0 {
		head := u.head()
		g.setDecoder(head)
		p.next.Head = printOf(head)
	}
	now := r.f.deps.Now()
	for len(p.lines) < stretchLines && p.bytes < stretchBytes && !p.last {
		from := u.at
		if p.next.Skip {
			n, err := u.skip()
			p.cut += n
			p.next.Skip, p.last = false, err != nil
		} else if text, cut, err := u.line(); err != nil {
			p.last = true
		} else if cut {
			p.addCut(r, g, text)
		} else {
			p.lines = append(p.lines, r.newLine(g, text, from, u.at, now))
		}
		p.next.Offset = u.at
		p.bytes += u.at - from
	}
	p.more = !p.last
	p.next.Anchor = Print{} // the head is enough: the file does not change any more
	if !r.deliver(ctx, g, p) {
		return blocked
	}
	if p.more {
		return again
	}
	r.f.mu.Lock()
	defer r.f.mu.Unlock()
	g.read = g.seen
	r.f.end(g)
	return drained
}
