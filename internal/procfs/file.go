package procfs

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// maxFile bounds what is read of one file. The largest known, /proc/stat of a
// machine with 8,192 processors and /proc/PID/mountinfo of one with 20,000
// mounts, stay below.
const maxFile = 8 << 20

// File is one file of /proc or /sys that is kept open and read again and
// again from its start: opening costs more than reading. Not for concurrent use.
type File struct {
	path string
	f    *os.File
	buf  []byte
}

// NewFile names the file; nothing is opened before the first Read.
func NewFile(path string) *File { return &File{path: path} }

// Read returns the whole file. The slice is valid until the next Read. A file
// whose descriptor went stale (its interface or disk was removed) is opened
// again once.
func (f *File) Read() ([]byte, error) {
	fresh := f.f == nil
	b, err := f.read()
	if err != nil && !fresh {
		_ = f.Close() // stale: only the new reading counts
		b, err = f.read()
	}
	return b, err
}

func (f *File) read() ([]byte, error) {
	if f.f == nil {
		file, err := os.Open(f.path)
		if err != nil {
			return nil, err // names operation and path already
		}
		f.f = file
	}
	if f.buf == nil {
		f.buf = make([]byte, 4096)
	}
	n := 0
	for {
		m, err := f.f.ReadAt(f.buf[n:], int64(n))
		n += m
		switch {
		case errors.Is(err, io.EOF):
			return f.buf[:n], nil
		case err != nil:
			return nil, err
		case len(f.buf) >= maxFile:
			return nil, fmt.Errorf("read %s: larger than %d bytes", f.path, maxFile)
		case n == len(f.buf):
			f.buf = append(f.buf, make([]byte, len(f.buf))...)
		}
	}
}

// Close closes the file; the next Read opens it again.
func (f *File) Close() error {
	if f.f == nil {
		return nil
	}
	err := f.f.Close()
	f.f = nil
	return err
}
