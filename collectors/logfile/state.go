package logfile

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// stateFile keeps the acknowledged positions: a text file to which changes are
// appended and synced, and which is written anew beside itself when most of it
// is old. Each line has a CRC-32 in front: a line that was cut short by a crash
// or a full disk is passed over, and the older position counts.
type stateFile struct {
	path  string
	file  *os.File // nil until it could be opened
	lines int      // in the file
	torn  bool     // the last append may have left half a line
}

// saved is what a state file holds.
type saved struct {
	positions map[uint64]Position
	patterns  map[string]bool // that have been followed before
	bad       int             // lines that were passed over
}

// compactLines is how many lines a file has before it is thought about.
const compactLines = 10_000

func seal(s string) string {
	return fmt.Sprintf("%08x %s\n", crc32.ChecksumIEEE([]byte(s)), s)
}

// readState reads all lines that are whole. A missing file is empty.
func readState(path string) (saved, int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		s, n, _ := parseState(strings.NewReader(""))
		return s, n, nil
	}
	if err != nil {
		return saved{}, 0, fmt.Errorf("open positions: %w", err)
	}
	s, n, err := parseState(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return saved{}, 0, fmt.Errorf("read positions %s: %w", path, err)
	}
	return s, n, nil
}

func parseState(r io.Reader) (saved, int, error) {
	s := saved{positions: map[uint64]Position{}, patterns: map[string]bool{}}
	in := bufio.NewReaderSize(r, 64<<10)
	for n := 0; ; n++ {
		line, err := in.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // longer than any line of ours
			for errors.Is(err, bufio.ErrBufferFull) {
				_, err = in.ReadSlice('\n')
			}
			line = nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return s, n, err
		}
		if len(line) == 0 && err != nil {
			return s, n, nil
		}
		if !s.take(strings.TrimSuffix(string(line), "\n")) && len(line) > 1 {
			s.bad++
		}
		if err != nil {
			return s, n + 1, nil
		}
	}
}

// take reads one line.
func (s *saved) take(line string) bool {
	sum, body, _ := strings.Cut(line, " ")
	if want, err := strconv.ParseUint(sum, 16, 32); err != nil || uint32(want) != crc32.ChecksumIEEE([]byte(body)) {
		return false
	}
	if quoted, ok := strings.CutPrefix(body, "followed "); ok {
		pattern, err := strconv.Unquote(quoted)
		if err == nil {
			s.patterns[pattern] = true
		}
		return err == nil
	}
	if id, ok := strings.CutPrefix(body, "forget "); ok {
		n, err := strconv.ParseUint(id, 16, 64)
		delete(s.positions, n)
		return err == nil
	}
	p, err := ParsePosition(body)
	if err == nil {
		s.positions[p.ID] = p
	}
	return err == nil
}

// append adds lines and syncs. After an error nothing of them may count as kept.
func (s *stateFile) append(lines []string) error {
	if s.file == nil {
		f, err := os.OpenFile(s.path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("open positions: %w", err)
		}
		s.file, s.torn = f, true // a crash may have left half a line
	}
	var b strings.Builder
	if s.torn {
		b.WriteByte('\n')
	}
	for _, l := range lines {
		b.WriteString(seal(l))
	}
	s.torn = true
	if _, err := s.file.WriteString(b.String()); err != nil {
		return fmt.Errorf("write positions: %w", err)
	}
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("sync positions: %w", err)
	}
	s.torn = false
	s.lines += len(lines)
	return nil
}

// replace writes the whole file anew.
func (s *stateFile) replace(lines []string) error {
	tmp := s.path + ".new"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write positions: %w", err)
	}
	w := bufio.NewWriter(f)
	for _, l := range lines {
		w.WriteString(seal(l)) // Flush has the error
	}
	err = errors.Join(w.Flush(), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(tmp, s.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write positions: %w", err), os.Remove(tmp))
	}
	err = s.close() // the old inode
	s.lines = len(lines)
	return errors.Join(err, syncDir(filepath.Dir(s.path)))
}

func (s *stateFile) close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file = nil
	return f.Close()
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
