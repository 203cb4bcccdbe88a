package logfile

import (
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// packings are the endings of compressed files. nil are those that we cannot
// read: they are no logs, and what is in them is not looked for.
func packings() map[string]func(io.Reader) (io.ReadCloser, error) {
	return map[string]func(io.Reader) (io.ReadCloser, error){
		".gz":  func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
		".bz2": func(r io.Reader) (io.ReadCloser, error) { return io.NopCloser(bzip2.NewReader(r)), nil },
		".zst": func(r io.Reader) (io.ReadCloser, error) {
			d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxUnpack))
			if err != nil {
				return nil, err
			}
			return d.IOReadCloser(), nil
		},
		".xz": nil, ".lzma": nil, ".Z": nil, ".lz4": nil, ".br": nil,
	}
}

// errUnreadable is said of compressions that we do not know.
var errUnreadable = errors.New("files of this compression cannot be read")

// maxUnpack bounds the memory of a decompressor.
const maxUnpack = 64 << 20

// isPacked says whether a name is that of a compressed file.
func isPacked(name string) bool {
	_, ok := packings()[filepath.Ext(name)]
	return ok
}

// unpacker reads the content of a compressed file from its beginning on. It is
// for one goroutine.
type unpacker struct {
	in   *bufio.Reader
	zip  io.Closer
	file *os.File
	at   int64
}

// unpack opens a compressed file. The unpacker owns the file, and closes it also
// when it cannot be read.
func unpack(f *os.File, limit int) (*unpacker, error) {
	open := packings()[filepath.Ext(f.Name())]
	if open == nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), errUnreadable), f.Close())
	}
	zip, err := open(bufio.NewReader(f))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("decompress %s: %w", f.Name(), err), f.Close())
	}
	return &unpacker{in: bufio.NewReaderSize(zip, max(limit+1, headBytes)), zip: zip, file: f}, nil
}

func (u *unpacker) close() error { return errors.Join(u.zip.Close(), u.file.Close()) }

// head returns the first bytes of the content; before anything else is read.
func (u *unpacker) head() []byte {
	b, _ := u.in.Peek(headBytes)
	return b
}

// reach skips to a position and says whether the content up to it is the same.
// It reads everything before, so it takes its time.
func (u *unpacker) reach(p Position) (bool, error) {
	head := u.head()
	if len(head) < p.Head.Len || printOf(head[:p.Head.Len]) != p.Head {
		return false, nil
	}
	anchor := make([]byte, p.Anchor.Len)
	n, err := io.CopyN(io.Discard, u.in, p.Offset-int64(len(anchor)))
	u.at = n
	if err == nil {
		got, readErr := io.ReadFull(u.in, anchor)
		u.at, err = u.at+int64(got), readErr
	}
	if err == nil {
		return printOf(anchor) == p.Anchor, nil
	}
	if _, err := u.in.Peek(1); !errors.Is(err, io.EOF) { // not its end: it is damaged, or being written
		return false, fmt.Errorf("decompress %s: %w", u.file.Name(), err)
	}
	return false, nil
}

// line returns the next line without its end. cut says that there is more of it
// than fits; err is io.EOF only when nothing is left. A last line without an end
// is a line.
func (u *unpacker) line() (text string, cut bool, err error) {
	b, err := u.in.ReadSlice('\n')
	u.at += int64(len(b))
	switch {
	case err == nil:
		return string(b[:len(b)-1]), false, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return string(b), true, nil
	case errors.Is(err, io.EOF) && len(b) > 0:
		return string(b), false, nil
	}
	return "", false, err
}

// skip goes to the next line, and returns how many bytes it passed over.
func (u *unpacker) skip() (int64, error) {
	from := u.at
	for {
		b, err := u.in.ReadSlice('\n')
		u.at += int64(len(b))
		if !errors.Is(err, bufio.ErrBufferFull) {
			return u.at - from, err
		}
	}
}

// plainName takes the ending of a compression off.
func plainName(name string) string {
	if isPacked(name) {
		return strings.TrimSuffix(name, filepath.Ext(name))
	}
	return name
}
