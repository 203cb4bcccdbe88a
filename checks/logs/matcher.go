package logs

import (
	"bytes"
	"context"
	"time"
)

// Matcher runs the rules on one stream of lines. It is not safe for concurrent
// use; the Set and the Tracker that it stands on are.
type Matcher struct {
	set     *Set
	tracker *Tracker
	now     func() time.Time
	stream  Line // what all lines of the stream have in common
	number  int64
	enabled []bool // by rule: whether it is for this file

	spare      []found
	candidates []candidate
	try        []int32 // conditions for the line at hand
	eval       evaluation
	tail       tail
	tally      tally
	strikes    map[int]*strikes
	tries      []int64 // by rule: only some are timed
}

// sampleTries: one try in so many is timed.
const sampleTries = 16

// NewMatcher makes one. Stream tells Source, File, Host and Program of all its
// lines, as far as they have them in common, and the Number of the last line
// before. Now is the clock of Line.Received.
func NewMatcher(tracker *Tracker, stream Line, now func() time.Time) *Matcher {
	m := &Matcher{set: tracker.set, tracker: tracker, now: now, stream: stream, number: stream.Number, strikes: map[int]*strikes{}}
	m.tally.rules = make([]ruleTally, len(m.set.rules))
	m.tries = make([]int64, len(m.set.rules))
	for _, r := range m.set.rules {
		m.enabled = append(m.enabled, r.only.file(stream.File))
	}
	return m
}

// Use changes the plan by which candidates are found: a Tuned copy of the set
// that the Tracker was made with.
func (m *Matcher) Use(tuned *Set) { m.set = tuned }

// Lines is the number of the last line that was scanned.
func (m *Matcher) Lines() int64 { return m.number }

// Scan runs the rules on a block of whole lines (at its very end the last line
// may lack its line break) and calls emit for each match, in order. It ends early
// when emit returns false. A Match is valid until emit returns.
func (m *Matcher) Scan(ctx context.Context, block []byte, emit func(*Match) bool) bool {
	defer func() {
		m.tally.bytes += int64(len(block))
		m.tracker.add(&m.tally)
	}()
	b := scan{Matcher: m, ctx: ctx, block: block, emit: emit, received: m.now()}
	ok := true
	if len(m.set.plan().always) > 0 {
		ok = b.everyLine()
	} else {
		ok = b.candidateLines()
	}
	if ok {
		m.count(block[b.counted:])
		if n := len(block); n > 0 && block[n-1] != '\n' {
			m.number++
			m.tally.lines++
		}
	}
	m.tail.keep(block)
	return ok
}

// Line runs the rules on one line that somebody else has taken apart.
func (m *Matcher) Line(ctx context.Context, l Line, emit func(*Match) bool) bool {
	m.number++
	m.tally.lines++
	m.tally.bytes += int64(len(l.Text))
	if l.Cut {
		m.tally.cut++
	}
	defer m.tracker.add(&m.tally)
	if l.Number == 0 {
		l.Number = m.number
	}
	p := m.set.plan()
	m.spare, m.candidates = p.find(l.Text, m.spare, m.candidates[:0])
	m.try = append(m.try[:0], p.always...)
	for _, c := range m.candidates {
		m.try = append(m.try, c.part)
	}
	ok := true
	if len(m.try) > 0 {
		b := scan{Matcher: m, ctx: ctx, emit: emit, received: l.Received}
		ok = b.line(&l)
	}
	m.tail.add(l.Text)
	return ok
}

// count notes the lines of a piece of a block.
func (m *Matcher) count(piece []byte) {
	n := int64(bytes.Count(piece, []byte{'\n'}))
	m.number += n
	m.tally.lines += n
}
