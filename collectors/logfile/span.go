package logfile

import (
	"bytes"
	"errors"
	"io"
)

// span is a stretch of whole lines, none longer than the limit. From is where a
// line begins, last where its last line begins, and end is behind that line's
// end. It is empty when from == end.
type span struct {
	from, last, end int64
	// long says that the line that begins at end is longer than the limit.
	long bool
}

// lookBytes is how much is read to find the end of a line.
const lookBytes = 4096

// findSpan looks for a span between from and to. It reads only a few KiB for
// each limit bytes: a stretch no longer than the limit that ends with the end of
// a line cannot hold a line that is too long.
func findSpan(r io.ReaderAt, from, to int64, limit int, buf []byte) (span, error) {
	s := span{from: from, last: from, end: from}
	for s.end < to {
		most := min(s.end+int64(limit)+1, to)
		nl, err := lastNewline(r, s.end, most, buf)
		if err != nil {
			return s, err
		}
		if nl < 0 {
			s.long = most-s.end > int64(limit)
			return s, nil
		}
		begin := s.end
		s.end = nl + 1
		before, err := lastNewline(r, begin, nl, buf)
		if err != nil {
			return s, err
		}
		s.last = begin
		if before >= 0 {
			s.last = before + 1
		}
	}
	return s, nil
}

// lastNewline returns where the last line end in [from, to) is, or -1.
func lastNewline(r io.ReaderAt, from, to int64, buf []byte) (int64, error) {
	for to > from {
		at := max(from, to-int64(len(buf)))
		b := buf[:to-at]
		n, err := r.ReadAt(b, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return -1, err
		}
		if i := bytes.LastIndexByte(b[:n], '\n'); i >= 0 {
			return at + int64(i), nil
		}
		to = at
	}
	return -1, nil
}

// nextNewline returns where the first line end in [from, to) is, or -1.
func nextNewline(r io.ReaderAt, from, to int64, buf []byte) (int64, error) {
	for from < to {
		b := buf[:min(int64(len(buf)), to-from)]
		n, err := r.ReadAt(b, from)
		if i := bytes.IndexByte(b[:n], '\n'); i >= 0 {
			return from + int64(i), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return -1, err
		}
		if n == 0 {
			return -1, nil
		}
		from += int64(n)
	}
	return -1, nil
}
