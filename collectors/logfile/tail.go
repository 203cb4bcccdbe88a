package logfile

import (
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strconv"

	"github.com/hpcloud/tail"
)

// tailSpan reads the lines of a span through hpcloud/tail, opened on the inode
// itself (/proc/self/fd/N), whatever its name is by now. It returns the lines
// without their ends. There are fewer than the span holds when the file shrank
// meanwhile; the last of those may then be a piece.
//
// The library reads one line ahead of the one it hands over, to its end however
// far that is, and it cannot be told where to stop. So it is told to die when
// only the last line is left: it reads no further than that, or dies one line
// early, and then we read that line.
func tailSpan(f *os.File, s span) ([]string, error) {
	t, err := tail.TailFile("/proc/self/fd/"+strconv.Itoa(int(f.Fd())), tail.Config{
		Location:  &tail.SeekInfo{Offset: s.from, Whence: io.SeekStart},
		MustExist: true, // open it here, not in the library's goroutine
		Poll:      true, // no inotify: we look at the file ourselves
		Logger:    log.New(io.Discard, "", 0),
	})
	if err != nil {
		return nil, fmt.Errorf("open %s again: %w", f.Name(), err)
	}
	lines := make([]string, 0, max(16, (s.end-s.from)/128))
	at := s.from
	if at == s.last {
		t.Kill(nil)
	}
	for line := range t.Lines {
		lines = append(lines, line.Text)
		at += int64(len(line.Text)) + 1
		if at == s.last {
			t.Kill(nil)
		}
	}
	if err := t.Wait(); err != nil {
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	if at != s.last {
		return lines, nil
	}
	b := make([]byte, s.end-s.last-1)
	if n, err := f.ReadAt(b, s.last); n < len(b) {
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		return nil, fmt.Errorf("read %s: %w", f.Name(), err)
	}
	return append(lines, string(b)), nil
}
