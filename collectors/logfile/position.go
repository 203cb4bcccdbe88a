package logfile

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"strconv"
	"strings"
)

// headBytes and anchorBytes are how much of a file's beginning, and of what
// stands before a position, makes a fingerprint. 1 KiB holds several lines with
// their times, so that two generations of a log hardly ever share it.
const (
	headBytes   = 1024
	anchorBytes = 64
)

// Print is a fingerprint of some bytes of a file: how many, and their FNV-1a.
type Print struct {
	Len  int
	Hash uint64
}

func printOf(b []byte) Print {
	h := fnv.New64a()
	h.Write(b)
	return Print{len(b), h.Sum64()}
}

// Position says how far a generation was read. A generation is what stood in an
// inode between two truncations. A Position survives the program: its String
// may be kept and given back in Deps.Stored.
type Position struct {
	// ID is the generation's number: unique, rising in the order in which
	// generations were found.
	ID       uint64
	Path     string // under which it was found
	Dev, Ino uint64
	Head     Print // of its first bytes, all of them before Offset
	Anchor   Print // of the bytes just before Offset
	Offset   int64 // of the next line, in bytes of decompressed content
	Skip     bool  // Offset is inside a line that was cut: go on at the next line
	Done     bool  // it was rotated, and read to its end
	Since    int64 // its modification time when it was found, Unix nanoseconds
}

// errPosition is what ParsePosition says of everything that is none.
var errPosition = errors.New("is no position in a log file")

// String is one line of text, without a line end.
func (p Position) String() string {
	flags := "-"
	if p.Skip {
		flags += "s"
	}
	if p.Done {
		flags += "d"
	}
	return fmt.Sprintf("1 %x %x %x %d %x %d %x %d %s %d %s", p.ID, p.Dev, p.Ino, p.Head.Len, p.Head.Hash,
		p.Anchor.Len, p.Anchor.Hash, p.Offset, flags, p.Since, strconv.QuoteToASCII(p.Path))
}

// ParsePosition reads what String wrote.
func ParsePosition(s string) (Position, error) {
	var p Position
	fields := strings.SplitN(s, " ", 12)
	if len(fields) != 12 || fields[0] != "1" {
		return p, fmt.Errorf("%.80q %w", s, errPosition)
	}
	ok := true
	hex := func(i int) uint64 {
		n, err := strconv.ParseUint(fields[i], 16, 64)
		ok = ok && err == nil
		return n
	}
	dec := func(i int, most int64) int64 {
		n, err := strconv.ParseInt(fields[i], 10, 64)
		ok = ok && err == nil && n >= 0 && n <= most
		return n
	}
	p = Position{
		ID: hex(1), Dev: hex(2), Ino: hex(3),
		Head: Print{int(dec(4, headBytes)), hex(5)}, Anchor: Print{int(dec(6, anchorBytes)), hex(7)},
		Offset: dec(8, 1<<62), Skip: strings.Contains(fields[9], "s"), Done: strings.Contains(fields[9], "d"),
	}
	since, err := strconv.ParseInt(fields[10], 10, 64)
	path, pathErr := strconv.Unquote(fields[11])
	p.Since, p.Path = since, path
	if !ok || err != nil || pathErr != nil || int64(p.Head.Len) > p.Offset || int64(p.Anchor.Len) > p.Offset {
		return Position{}, fmt.Errorf("%.80q %w", s, errPosition)
	}
	return p, nil
}

// stands says whether what was read up to the position still stands in a file:
// its beginning, and what is just before the offset. A position of nothing read
// stands everywhere.
func (p Position) stands(r io.ReaderAt) (bool, error) {
	var buf [headBytes]byte
	for _, part := range []struct {
		print Print
		at    int64
	}{{p.Head, 0}, {p.Anchor, p.Offset - int64(p.Anchor.Len)}} {
		if part.print.Len == 0 {
			continue
		}
		b := buf[:part.print.Len]
		n, err := r.ReadAt(b, part.at)
		if n < len(b) && err != nil && !errors.Is(err, io.EOF) {
			return false, err
		}
		if n < len(b) || printOf(b) != part.print {
			return false, nil
		}
	}
	return true, nil
}

// copied says whether a file of a size is a copy of the generation: what was read
// of it stands there too, or the copy ends before the last lines that we have
// read. Lines of a few bytes are alike too often for the second.
func (p Position) copied(r io.ReaderAt, size int64) (bool, error) {
	if size < p.Offset && p.Head.Len == headBytes {
		return Position{Head: p.Head}.stands(r)
	}
	if p.Head.Len == 0 {
		return false, nil
	}
	return p.stands(r)
}

// at moves the position to an offset, and takes the fingerprints anew.
func (p Position) at(r io.ReaderAt, offset int64) (Position, error) {
	p.Offset = offset
	if err := p.grow(r, offset); err != nil {
		return p, err
	}
	b := make([]byte, min(anchorBytes, offset))
	if _, err := r.ReadAt(b, offset-int64(len(b))); err != nil && !errors.Is(err, io.EOF) {
		return p, err
	}
	p.Anchor = printOf(b)
	return p, nil
}

// begins lets the head's fingerprint grow by lines that were read at the position.
// It is made of these bytes themselves: the file may be another one by now.
func (p *Position) begins(r io.ReaderAt, lines []string) error {
	if p.Head.Len >= headBytes || int64(p.Head.Len) != p.Offset {
		return nil
	}
	head := make([]byte, p.Head.Len, headBytes)
	n, err := r.ReadAt(head, 0)
	if n < len(head) && err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if n < len(head) || p.Head.Len > 0 && printOf(head) != p.Head {
		return nil // stands tells
	}
	for _, l := range lines {
		if len(head) >= headBytes {
			break
		}
		head = append(append(head, l...), '\n')
	}
	p.Head = printOf(head[:min(len(head), headBytes)])
	return nil
}

// grow takes the head's fingerprint over more bytes when more were read.
func (p *Position) grow(r io.ReaderAt, read int64) error {
	want := int(min(headBytes, read))
	if p.Head.Len >= want {
		return nil
	}
	b := make([]byte, want)
	n, err := r.ReadAt(b, 0)
	if n < want {
		if err == nil || errors.Is(err, io.EOF) {
			return nil // it has just shrunk: the next look at it tells
		}
		return err
	}
	p.Head = printOf(b)
	return nil
}
