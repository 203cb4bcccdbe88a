package logs

import (
	"bytes"
	"strings"
)

// tail is the last lines before what is at hand.
type tail struct{ kept []byte }

const (
	// contextLines is how many lines before a match are shown with it.
	contextLines = 10
	// maxContext bounds them, in bytes.
	maxContext = 16 << 10
)

// keep remembers the end of a block.
func (t *tail) keep(block []byte) {
	from := lastLines(block, len(block))
	if from == 0 && len(block) < maxContext { // all of it, and what was before
		t.kept = append(t.kept, block...)
		t.trim()
		return
	}
	t.kept = append(t.kept[:0], block[from:]...)
	if n := len(t.kept); n > 0 && t.kept[n-1] != '\n' {
		t.kept = append(t.kept, '\n')
	}
}

// add remembers one line.
func (t *tail) add(line []byte) {
	line = line[max(0, len(line)-maxContext):]
	t.kept = append(append(t.kept, line...), '\n')
	if len(t.kept) > 2*maxContext || bytes.Count(line, []byte{'\n'}) > 0 {
		t.trim()
	}
}

func (t *tail) trim() {
	if n := len(t.kept); n > 0 && t.kept[n-1] != '\n' {
		t.kept = append(t.kept, '\n')
	}
	from := lastLines(t.kept, len(t.kept))
	t.kept = append(t.kept[:0], t.kept[from:]...)
}

// before returns the lines before a place of a block; from before it when the
// block begins. A negative place: only what was remembered.
func (t *tail) before(block []byte, at int) []string {
	if at < 0 {
		return splitLines(t.kept[lastLines(t.kept, len(t.kept)):])
	}
	from := lastLines(block, at)
	lines := splitLines(block[from:at])
	if from == 0 && len(lines) < contextLines {
		old := splitLines(t.kept)
		lines = append(old[max(0, len(old)-contextLines+len(lines)):], lines...)
	}
	return lines
}

// lastLines is where the last ten lines before a place begin, or those of them
// that fit.
func lastLines(b []byte, at int) int {
	from := at
	for range contextLines {
		if from == 0 {
			return 0
		}
		start := bytes.LastIndexByte(b[:from-1], '\n') + 1
		if at-start > maxContext {
			return from
		}
		from = start
	}
	return from
}

func splitLines(b []byte) []string {
	text := strings.TrimSuffix(strings.ToValidUTF8(string(b), "�"), "\n")
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimSuffix(l, "\r")
	}
	return lines
}
