package logs

import (
	"bytes"
	"cmp"
	"slices"
)

// plan is how candidates for a set of conditions are found in a block: which
// literal of each, and by which means. It is made for a sample of the log, and
// shared by all who read.
type plan struct {
	scan   *scanner
	short  []shortLiteral
	parts  [][]int32 // by literal of scan: conditions to try on its line
	always []int32   // conditions that every line must be tried with
}

// shortLiteral is one that would spoil the scanner's window: it is found by
// bytes.Index in a pass of its own.
type shortLiteral struct {
	text  []byte
	parts []int32
}

// What things cost, in nanoseconds, measured with `go test -bench Scan`. Only
// their ratios matter: they choose between plans that are all right.
const (
	stepCost  = 3.4  // one gram looked up
	lookCost  = 16.0 // one look at literals
	tryCost   = 6.0  // one literal compared there
	passCost  = 0.4  // one byte of a pass by bytes.Index
	matchCost = 700  // one condition tried on a line
)

// How much of a sample is used: to count literals, and to try scanners on.
const (
	planSample = 128 << 10
	scanSample = 48 << 10
)

// manyLiterals is when only every third length of window is tried.
const manyLiterals = 2000

// windows are the lengths that are tried.
var windows = [...]int{2, 3, 4, 5, 6, 8, 10, 13, 17, maxWindow}

// newPlan chooses. needs[i] belongs to condition i; nil: always try it.
func newPlan(needs []*need, sample []byte) *plan {
	if len(sample) < len(builtinSample) {
		sample = []byte(builtinSample)
	}
	sample = sample[:min(len(sample), planSample)]
	hits := countLiterals(needs, sample)
	counted := len(sample)
	sample = sample[:min(len(sample), scanSample)]
	var best *plan
	bestCost := 0.0
	for i, window := range windows {
		if len(hits) > manyLiterals && i%3 != 0 {
			continue // a reload must not take seconds
		}
		p, cost := planFor(needs, hits, counted, window, sample)
		if p != nil && (best == nil || cost < bestCost) {
			best, bestCost = p, cost
		}
	}
	return best
}

// candidate is a condition that is worth a try on the line at a place.
type candidate struct {
	pos  int32
	part int32
}

// find appends candidates in the order of their places in a block.
func (p *plan) find(block []byte, spare []found, out []candidate) ([]found, []candidate) {
	spare = spare[:0]
	if p.scan != nil {
		spare = p.scan.scan(block, spare)
		for _, f := range spare {
			for _, part := range p.parts[f.lit] {
				out = append(out, candidate{pos: f.pos, part: part})
			}
		}
	}
	// Windows stand at different places of literals: places may be out of order.
	sorted := slices.IsSortedFunc(out, comparePlaces)
	for _, s := range p.short {
		for at := 0; ; {
			i := bytes.Index(block[at:], s.text)
			if i < 0 {
				break
			}
			at += i
			for _, part := range s.parts {
				out = append(out, candidate{pos: int32(at), part: part})
			}
			// One on a line is enough.
			if end := bytes.IndexByte(block[at:], '\n'); end >= 0 {
				at += end
			} else {
				at = len(block)
			}
			sorted = false
		}
	}
	if !sorted {
		slices.SortFunc(out, comparePlaces)
	}
	return spare, out
}

func comparePlaces(a, b candidate) int { return cmp.Compare(a.pos, b.pos) }
