package testlogs

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
)

// numbers counts how often each numbered line was met.
type numbers struct {
	times  []uint8
	pieces []string // lines that are none of ours
	last   int      // the highest number and one; 0 when there is none
}

// take counts one line.
func (n *numbers) take(text string) {
	if len(text) < 10 {
		n.pieces = append(n.pieces, text)
		return
	}
	i, err := strconv.Atoi(text[:10])
	if err != nil || i < 0 || text != Line(i) {
		n.pieces = append(n.pieces, text)
		return
	}
	for i >= len(n.times) {
		n.times = append(n.times, make([]uint8, i+1024-len(n.times))...)
	}
	if n.times[i] < 255 {
		n.times[i]++
	}
	n.last = max(n.last, i+1)
}

func (n *numbers) has(i int) bool { return i < len(n.times) && n.times[i] > 0 }

// read counts the lines of a log.
func (n *numbers) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		n.take(in.Text())
	}
	return in.Err()
}

// output follows what Command follow writes.
type output struct {
	path string
	at   int64
	numbers
}

// update reads what is new..
func (o *output) update() error {
	f, err := os.Open(o.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(o.at, io.SeekStart); err != nil {
		return err
	}
	in := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return nil
		}
		o.at += int64(len(line))
		if text, ok := strings.CutPrefix(line[:len(line)-1], "L "); ok {
			o.take(text)
		}
	}
}
