package journald

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// errExport is said of bytes that are not in the export format.
var errExport = errors.New("is not journald's export format")

// entry holds the fields of one record of the journal, as they are: bytes.
type entry map[string][]byte

// maxFields and maxName bound what is kept of an entry.
const (
	maxFields = 1024
	maxName   = 256
)

// exportReader reads entries.
type exportReader struct {
	in       *bufio.Reader
	maxValue int // bytes kept of a field; the rest is passed over
}

func newExportReader(r io.Reader, maxValue int) *exportReader {
	return &exportReader{in: bufio.NewReaderSize(r, 64<<10), maxValue: maxValue}
}

// next reads an entry. Of a field that comes more than once the last value
// counts. It returns io.EOF between entries and io.ErrUnexpectedEOF within one.
func (r *exportReader) next() (entry, error) {
	e := entry{}
	for {
		name, value, err := r.field()
		switch {
		case errors.Is(err, io.EOF) && len(e) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		case name == "" && len(e) > 0:
			return e, nil
		case name != "" && len(e) < maxFields:
			e[name] = value
		}
	}
}

// field reads one field; name is empty at the end of an entry.
func (r *exportReader) field() (name string, value []byte, err error) {
	line, rest, err := r.bounded('\n', maxName+1+r.maxValue)
	if err != nil {
		return "", nil, err
	}
	line = line[:len(line)-rest]
	if len(line) == 0 {
		return "", nil, nil
	}
	if before, after, text := bytes.Cut(line, []byte("=")); text {
		if len(before) == 0 || len(before) > maxName {
			return "", nil, fmt.Errorf("field %.40q %w", line, errExport)
		}
		return string(before), after[:min(len(after), r.maxValue)], nil
	}
	if len(line) > maxName {
		return "", nil, fmt.Errorf("field %.40q %w", line, errExport)
	}
	value, err = r.binary()
	return string(line), value, err
}

// bounded reads up to a delimiter and keeps at most limit bytes. rest is 1 when
// the delimiter is the last byte kept, else 0.
func (r *exportReader) bounded(delim byte, limit int) (kept []byte, rest int, err error) {
	for {
		b, err := r.in.ReadSlice(delim)
		kept = append(kept, b[:min(len(b), limit-len(kept))]...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(kept) > 0:
			return nil, 0, io.ErrUnexpectedEOF
		case err != nil:
			return nil, 0, err
		case len(kept) > 0 && kept[len(kept)-1] == delim:
			return kept, 1, nil
		default:
			return kept, 0, nil
		}
	}
}

// binary reads the value of a field that may hold any bytes: its length in 64
// bits, little endian, the bytes, and a line end.
func (r *exportReader) binary() ([]byte, error) {
	var head [8]byte
	if _, err := io.ReadFull(r.in, head[:]); err != nil {
		return nil, unexpected(err)
	}
	n := binary.LittleEndian.Uint64(head[:])
	if n > 1<<40 {
		return nil, fmt.Errorf("a field of %d bytes %w", n, errExport)
	}
	keep := min(n, uint64(r.maxValue))
	var value bytes.Buffer // grows as bytes come: the length may be a lie
	if _, err := io.CopyN(&value, r.in, int64(keep)); err != nil {
		return nil, unexpected(err)
	}
	if _, err := io.CopyN(io.Discard, r.in, int64(n-keep)); err != nil {
		return nil, unexpected(err)
	}
	end, err := r.in.ReadByte()
	if err != nil {
		return nil, unexpected(err)
	}
	if end != '\n' {
		return nil, fmt.Errorf("the end of a field of %d bytes %w", n, errExport)
	}
	return value.Bytes(), nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// waits says whether the next entry may have to be waited for.
func (r *exportReader) waits() bool { return r.in.Buffered() == 0 }
