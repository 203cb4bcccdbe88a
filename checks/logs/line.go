package logs

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// scan is the run over one block.
type scan struct {
	*Matcher
	ctx      context.Context
	block    []byte
	emit     func(*Match) bool
	received time.Time
	counted  int // bytes of the block whose lines have been counted
}

// candidateLines looks only at lines that hold a literal.
func (s *scan) candidateLines() bool {
	s.spare, s.candidates = s.set.plan().find(s.block, s.spare, s.candidates[:0])
	for i := 0; i < len(s.candidates); {
		start, end := s.around(int(s.candidates[i].pos))
		s.try = s.try[:0]
		for ; i < len(s.candidates) && int(s.candidates[i].pos) < end; i++ {
			s.try = append(s.try, s.candidates[i].part)
		}
		if !s.at(start, end) {
			return false
		}
	}
	return true
}

// everyLine is for sets with a rule that any line may match.
func (s *scan) everyLine() bool {
	s.spare, s.candidates = s.set.plan().find(s.block, s.spare, s.candidates[:0])
	next := 0
	for start := 0; start < len(s.block); {
		end := bytes.IndexByte(s.block[start:], '\n') + start
		if end < start {
			end = len(s.block)
		}
		s.try = append(s.try[:0], s.set.plan().always...)
		for ; next < len(s.candidates) && int(s.candidates[next].pos) < end; next++ {
			s.try = append(s.try, s.candidates[next].part)
		}
		if !s.at(start, end) {
			return false
		}
		start = end + 1
	}
	return true
}

// around is where the line that holds pos begins and ends.
func (s *scan) around(pos int) (start, end int) {
	start = bytes.LastIndexByte(s.block[:pos], '\n') + 1
	if i := bytes.IndexByte(s.block[pos:], '\n'); i >= 0 {
		return start, pos + i
	}
	return start, len(s.block)
}

// at tries the conditions on the line that lies there in the block.
func (s *scan) at(start, end int) bool {
	s.count(s.block[s.counted:start])
	s.counted = start
	text := s.block[start:end]
	if !s.set.options.KeepCR && len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	l := s.stream
	l.Number, l.Received, l.Text = s.number+1, s.received, text
	return s.lineWithContext(&l, start)
}

func (s *scan) line(l *Line) bool { return s.lineWithContext(l, -1) }

// lineWithContext tries the conditions in try, in the order of the rules.
func (s *scan) lineWithContext(l *Line, start int) bool {
	slices.Sort(s.try)
	s.try = slices.Compact(s.try)
	if s.set.header {
		s.fillHeader(l)
	}
	context := func() []string { return s.tail.before(s.block, start) }
	told := int64(0)
	for _, index := range s.try {
		p := &s.set.parts[index]
		r := s.set.rules[p.rule]
		if !s.enabled[p.rule] || !r.only.line(l) || !s.decide(p, l) {
			continue
		}
		if r.ignore {
			return true
		}
		if told == 0 {
			told = s.tracker.nextLine()
			if !s.set.header {
				s.fillHeader(l)
			}
			if !s.becameDue(l) {
				return false
			}
		}
		if !r.silent {
			h := hit{part: p, line: l, caps: s.eval.caps, names: s.eval.names, context: context, seq: told}
			if m := s.tracker.matched(s.ctx, h); m != nil && !s.emit(m) {
				return false
			}
		}
		if r.stop && p.role == roleMatch {
			return true
		}
	}
	return true
}

// becameDue tells what became due before a line, by the clock of the lines.
func (s *scan) becameDue(l *Line) bool {
	if s.set.options.Clock != ByLine || l.At.IsZero() {
		return true
	}
	ok := true
	for _, m := range s.tracker.due(l.At) {
		ok = ok && s.emit(m)
	}
	return ok
}

// fillHeader reads what a line says of itself.
func (s *scan) fillHeader(l *Line) {
	if !l.At.IsZero() && l.Program != "" {
		return
	}
	h := readHeader(l.Text, l.Received)
	if l.At.IsZero() {
		l.At = h.at
	}
	if l.Host == "" {
		l.Host = h.host
	}
	if l.Program == "" {
		l.Program = h.program
	}
	if l.Severity == SeverityUnknown {
		l.Severity = h.severity
	}
}

// decide evaluates one condition, and watches over expressions that do not end.
func (s *scan) decide(p *part, l *Line) bool {
	bad := s.strikes[p.rule]
	if bad != nil && !bad.until.IsZero() {
		if s.received.Before(bad.until) {
			return false
		}
		bad.until = time.Time{}
		s.tracker.suspend(p.rule, false)
	}
	t := &s.tally.rules[p.rule]
	t.tries++
	timed := s.tries[p.rule]%sampleTries == 0
	s.tries[p.rule]++
	s.eval = evaluation{line: l.Text, scratch: s.eval.scratch}
	var began time.Time
	if timed {
		began = time.Now()
	}
	got := p.expr.eval(&s.eval)
	if timed {
		t.timed++
		t.timedFor += time.Since(began)
	}
	if got != timedOut {
		return got == matches
	}
	t.timeouts++
	if bad == nil {
		bad = &strikes{}
		s.strikes[p.rule] = bad
	}
	if bad.strike(s.received) {
		s.tracker.suspend(p.rule, true)
	}
	return false
}
