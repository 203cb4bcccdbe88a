package logkeep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"monitord/internal/atomicfile"
)

const (
	segmentEnd = ".logz"
	indexEnd   = ".idx"
)

// segments lists a folder's segments, the oldest first.
func segments(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("kept logs: %w", err)
	}
	var paths []string
	for _, e := range entries { // sorted, and names sort by time
		if strings.HasSuffix(e.Name(), segmentEnd) {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths, nil
}

func indexPath(segment string) string { return strings.TrimSuffix(segment, segmentEnd) + indexEnd }

// scan reads the headers of a segment, and the payloads when checked is wanted.
// It returns the blocks, where the last whole one ends, and how many stretches of
// bytes before that are none.
func scan(f io.ReaderAt, size int64, checked bool) (blocks []block, end int64, damaged int, err error) {
	buf := make([]byte, prefixBytes+fixedBytes+maxHost)
	for at := int64(0); at < size; {
		n, err := f.ReadAt(buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, 0, err
		}
		h, err := parseHeader(buf[:n])
		if err == nil && at+h.length <= size && checked {
			whole := make([]byte, h.length)
			if _, readErr := f.ReadAt(whole, at); readErr != nil && !errors.Is(readErr, io.EOF) {
				return nil, 0, 0, readErr
			}
			if !h.whole(whole) {
				err = errBlock
			}
		}
		if err != nil || at+h.length > size {
			next, err := findMagic(f, at+1, size)
			if err != nil {
				return nil, 0, 0, err
			}
			if at = next; next < size {
				damaged++
			}
			continue
		}
		h.offset = at
		blocks = append(blocks, h)
		at += h.length
		end = at
	}
	return blocks, end, damaged, nil
}

// findMagic returns where the next block may begin, or size.
func findMagic(f io.ReaderAt, from, size int64) (int64, error) {
	buf := make([]byte, 64<<10)
	for from < size {
		n, err := f.ReadAt(buf[:min(int64(len(buf)), size-from)], from)
		if i := bytes.Index(buf[:n], magic()); i >= 0 {
			return from + int64(i), nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if n < len(magic()) {
			break
		}
		from += int64(n - len(magic()) + 1)
	}
	return size, nil
}

// headersOf returns the blocks of a segment: from its index, or from itself.
func headersOf(path string) ([]block, error) {
	if b, err := os.ReadFile(indexPath(path)); err == nil {
		if blocks, err := parseIndex(b); err == nil {
			return blocks, nil
		}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	blocks, _, _, err := scan(f, st.Size(), false)
	return blocks, err
}

// writeIndex writes a full segment's index.
func writeIndex(segment string, blocks []block) error {
	return atomicfile.Write(indexPath(segment), encodeIndex(blocks))
}

// recoverSegment takes off what a crash has left at the end of a segment, and
// returns how many bytes.
func recoverSegment(path string) (cut int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	st, err := f.Stat()
	if err != nil {
		return 0, err
	}
	_, end, _, err := scan(f, st.Size(), true)
	if err != nil || end == st.Size() {
		return 0, err
	}
	if err := f.Truncate(end); err != nil {
		return 0, err
	}
	return st.Size() - end, f.Sync()
}
