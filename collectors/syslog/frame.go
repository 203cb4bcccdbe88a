package syslog

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Bounds of frames.
const (
	// maxCount is the largest MSG-LEN that is believed. What claims to be larger is
	// no syslog.
	maxCount  = 64 << 20
	maxDigits = 8
)

// errFraming says that a stream cannot be followed any more.
var errFraming = errors.New("not a frame of RFC 6587")

// framer takes messages out of a stream. RFC 6587 has two framings, and senders
// change between them: each message is looked at. "123 <" begins octet counting
// (3.4.1); anything else ends with LF or NUL (3.4.2). Without a PRI behind it a
// number is a count only if the message before was counted too.
type framer struct {
	r       *bufio.Reader
	limit   int // bytes of a message that are kept
	counted bool
	// begun is told when the first byte of a message is there, so that its sender
	// gets a bounded time for the rest.
	begun func()
}

// frame is one message of a stream. Bytes are those of the reader's caller until the
// next call.
type frame struct {
	bytes []byte
	cut   bool // longer than the limit, or its end never came
	half  bool // its end never came
}

// next reads a message into buf. At the end of the stream it is io.EOF; a message
// that was under way comes first, marked half. Empty messages are passed over.
func (f *framer) next(buf []byte) (frame, error) {
	for {
		c, err := f.r.ReadByte()
		if err != nil {
			return frame{}, err
		}
		if c == '\n' || c == '\r' || c == 0 { // a trailer behind a counted message
			continue
		}
		_ = f.r.UnreadByte() // cannot fail behind ReadByte
		f.begun()
		size, counted, err := f.count()
		if err != nil {
			return frame{}, err
		}
		if f.counted = counted; counted {
			return f.octets(buf[:0], size)
		}
		return f.line(buf[:0])
	}
}

// count looks for MSG-LEN SP and takes it off when it is one.
func (f *framer) count() (size int, ok bool, err error) {
	for n := 1; n <= maxDigits+2; n++ {
		head, err := f.r.Peek(n)
		if err != nil {
			return 0, false, nil // what came is a line without its end
		}
		switch c := head[n-1]; {
		case n == 1 && (c < '1' || c > '9'):
			return 0, false, nil
		case isDigit(c) && n <= maxDigits:
			size = size*10 + int(c-'0')
		case isDigit(c) && f.counted:
			return 0, false, errFraming
		case c != ' ':
			return 0, false, nil
		default:
			return f.isCount(n, size)
		}
	}
	return 0, false, nil
}

// isCount decides about a number and a blank, n bytes.
func (f *framer) isCount(n, size int) (int, bool, error) {
	head, err := f.r.Peek(n + 1)
	if !f.counted && (err != nil || head[n] != '<') {
		return 0, false, nil
	}
	if size > maxCount {
		return 0, false, errFraming
	}
	_, err = f.r.Discard(n)
	return size, true, err
}

// octets reads a counted message.
func (f *framer) octets(buf []byte, size int) (frame, error) {
	keep := min(size, f.limit)
	buf = append(buf, make([]byte, keep)...)
	n, err := io.ReadFull(f.r, buf)
	if err != nil {
		return frame{bytes: buf[:n], cut: true, half: true}, nil
	}
	if _, err := f.r.Discard(size - keep); err != nil {
		return frame{bytes: buf, cut: true, half: true}, nil
	}
	return frame{bytes: buf, cut: size > keep}, nil
}

// line reads up to LF or NUL.
func (f *framer) line(buf []byte) (frame, error) {
	cut := false
	for {
		if _, err := f.r.Peek(1); err != nil {
			return frame{bytes: buf, cut: true, half: true}, nil
		}
		part, err := f.r.Peek(f.r.Buffered())
		if err != nil {
			return frame{}, err // impossible: so much is there
		}
		end := trailer(part)
		room := f.limit - len(buf)
		text := part
		if end >= 0 {
			text = part[:end]
		}
		cut = cut || len(text) > room
		buf = append(buf, text[:min(len(text), room)]...)
		if end < 0 {
			_, _ = f.r.Discard(len(part)) // cannot fail: so much is there
			continue
		}
		_, _ = f.r.Discard(end + 1)
		return frame{bytes: buf, cut: cut}, nil
	}
}

// trailer finds the first LF or NUL; -1: there is none.
func trailer(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if nul := bytes.IndexByte(b, 0); nul >= 0 {
		return nul
	}
	return lf
}
