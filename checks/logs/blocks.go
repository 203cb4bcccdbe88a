package logs

import (
	"bytes"
	"errors"
	"io"
)

// DefaultMaxLine is where lines are cut, in bytes: journald's own limit is 48 KiB,
// rsyslog's 8 KiB.
const DefaultMaxLine = 64 << 10

// blockSize is how much is read at once: it stays in the processor's cache.
const blockSize = 256 << 10

// Blocks cuts what it reads into blocks of whole lines, in bounded memory: a line
// beyond the limit comes alone, cut, and the rest of it is counted and dropped.
type Blocks struct {
	r       io.Reader
	limit   int
	buf     []byte // what was read and not handed out yet is buf[from:to]
	from    int
	to      int
	skip    bool // the rest of a cut line
	err     error
	dropped int64
}

// Block is one piece of a log. It is valid until the next call of Next.
type Block struct {
	Text []byte // whole lines; the last of all may lack its line break
	Cut  bool   // Text is one line that went on, without a line break
}

// NewBlocks reads from r; maxLine 0 means DefaultMaxLine.
func NewBlocks(r io.Reader, maxLine int) *Blocks {
	if maxLine <= 0 {
		maxLine = DefaultMaxLine
	}
	return &Blocks{r: r, limit: maxLine, buf: make([]byte, blockSize+maxLine+1)}
}

// Dropped is the bytes behind the limit of lines.
func (b *Blocks) Dropped() int64 { return b.dropped }

// Next returns the next block; at the end the error is io.EOF.
func (b *Blocks) Next() (Block, error) {
	for {
		if b.skip {
			b.skipLine()
		}
		if !b.skip {
			if block, ok := b.take(); ok {
				return block, nil
			}
		}
		if b.err != nil {
			return Block{}, b.err
		}
		b.fill()
	}
}

// fill reads more behind what is left.
func (b *Blocks) fill() {
	copy(b.buf, b.buf[b.from:b.to])
	b.to -= b.from
	b.from = 0
	n, err := b.r.Read(b.buf[b.to:])
	if n < 0 || n > len(b.buf)-b.to {
		n, err = 0, errors.New("read: the reader broke its contract")
	}
	b.to += n
	b.err = err
}

// skipLine drops up to the next line break.
func (b *Blocks) skipLine() {
	rest := b.buf[b.from:b.to]
	i := bytes.IndexByte(rest, '\n')
	if i < 0 {
		b.dropped += int64(len(rest))
		b.from = b.to
		return
	}
	b.dropped += int64(i)
	b.from += i + 1
	b.skip = false
}

// take hands out the whole lines that were read; ok is false when there is none.
func (b *Blocks) take() (Block, bool) {
	rest := b.buf[b.from:b.to]
	end := 0 // of the lines that are within the limit
	for end < len(rest) {
		window := rest[end:min(len(rest), end+b.limit+1)]
		i := bytes.LastIndexByte(window, '\n')
		if i >= 0 {
			end += i + 1
			continue
		}
		if len(window) <= b.limit { // the beginning of a line
			break
		}
		if end == 0 {
			b.from += b.limit
			b.skip = true
			return Block{Text: window[:b.limit], Cut: true}, true
		}
		break
	}
	if end == 0 {
		if b.err == nil || len(rest) == 0 {
			return Block{}, false
		}
		end = len(rest) // the last line, without a line break
	}
	b.from += end
	return Block{Text: rest[:end]}, true
}
