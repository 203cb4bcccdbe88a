package logkeep

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// mark is a place in a folder: before a line of a block of a segment.
type mark struct {
	segment string // its name; "" is the beginning
	block   int64  // its offset
	line    int    // how many of its lines are done with
}

// ErrMark says that a place to go on from is none.
var ErrMark = errors.New("this is no place of a search (want what the answer before gave)")

// String is what parseMark reads.
func (m mark) String() string {
	if m == (mark{}) {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", m.segment, m.block, m.line)
}

func parseMark(s string) (mark, error) {
	if s == "" {
		return mark{}, nil
	}
	fields := strings.Split(s, ":")
	if len(fields) != 3 || !strings.HasSuffix(fields[0], segmentEnd) {
		return mark{}, ErrMark
	}
	block, err := strconv.ParseInt(fields[1], 10, 64)
	line, lineErr := strconv.Atoi(fields[2])
	if err != nil || lineErr != nil || block < 0 || line < 0 {
		return mark{}, ErrMark
	}
	return mark{fields[0], block, line}, nil
}
