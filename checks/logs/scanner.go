package logs

import (
	"encoding/binary"
	"slices"
)

// scanner finds many literals in one pass, in the way of Wu and Manber ("A fast
// algorithm for multi-pattern searching", TR 94-17, 1994): of each literal only a
// window counts, as long as the shortest literal; the last gram of a window is
// looked up in a table that says how far the next window can lie. Most grams of a
// log are in no window, so that most bytes are never looked at.
//
// Two things are ours. The window of a literal is the part of it whose grams are
// rarest in a sample of the log: "authentication failure" is looked for as
// "n failure", not by its "auth". And a block is cut in stripes that are walked
// side by side: one lookup waits for the one before, as that decides where to go
// on, and the processor overlaps what would else be waiting.
type scanner struct {
	lits   []literal // sorted by the gram that ends their window, then by length
	offset []int32   // of the window in each literal
	window int       // bytes of each literal that count
	gram   int       // bytes that are looked up at once: 2 to 4
	mask   uint32    // leaves gram bytes of four
	fold   uint32    // makes upper and lower case equal, when a literal folds
	small  *[1 << smallBits]uint8
	large  *[1 << largeBits]uint8 // instead of small, for thousands of literals
	bucket []int32                // by hash: 1 + index in spans; 0: no window ends so
	spans  []span
}

// span is the literals whose window ends in the same gram.
type span struct {
	from, to int32
}

// found is a literal at a place of a block.
type found struct {
	pos int32
	lit int32 // index in lits
}

const (
	// lookHere marks a table's entry whose gram ends a window: a literal may
	// stand here. The other bits are how far to go on; never 0.
	lookHere = 0x80

	// The small table leaves most of the nearest cache to the text: 8 KiB are a
	// fifth faster than 64 on the log of the benchmark.
	smallBits  = 13
	largeBits  = 18
	hashFactor = 0x9E3779B1 // 2^32 / golden ratio, odd
	foldBits   = 0x20202020
	maxWindow  = 24
	maxGram    = 4
	// manyGrams is when the small table would fill up.
	manyGrams = 700
)

// newScanner makes a scanner with the given window and gram; each literal has at
// least window bytes, and a gram is 2 to 4 and at most the window. Without a
// sample windows stand at the beginning of literals.
func newScanner(lits []literal, window, gram int, sample []byte) *scanner {
	s := &scanner{lits: slices.Clone(lits), window: window, gram: gram, mask: 0xffffffff >> (32 - 8*gram)}
	for _, l := range s.lits {
		if l.fold {
			s.fold = foldBits
		}
	}
	bits := smallBits
	if len(lits)*(window-gram+1) > manyGrams {
		bits = largeBits
		s.large = new([1 << largeBits]uint8)
	} else {
		s.small = new([1 << smallBits]uint8)
	}
	s.bucket = make([]int32, 1<<bits)
	s.placeWindows(sample)
	s.fillTable()
	s.fillSpans()
	return s
}

// hash places a gram in the table.
func (s *scanner) hash(gram uint32) uint32 {
	h := (gram | s.fold) & s.mask * hashFactor
	if s.large != nil {
		return h >> (32 - largeBits)
	}
	return h >> (32 - smallBits)
}

// load is the gram of b at i, near its end too.
func (s *scanner) load(b []byte, i int) uint32 {
	var x uint32
	for k := range s.gram {
		x |= uint32(b[i+k]) << (8 * k)
	}
	return x
}

// gramOf is the hash of a gram of literal i, at a place of its window.
func (s *scanner) gramOf(i, at int) uint32 {
	return s.hash(s.load([]byte(s.lits[i].text), int(s.offset[i])+at))
}

// far is how far a gram lets us go that is in no window.
func (s *scanner) far() int { return s.window - s.gram + 1 }

// placeWindows chooses the part of each literal that is rarest.
func (s *scanner) placeWindows(sample []byte) {
	s.offset = make([]int32, len(s.lits))
	if len(sample) < maxGram {
		return
	}
	seen := make([]int32, len(s.bucket))
	for i := range len(sample) - maxGram + 1 {
		seen[s.hash(binary.LittleEndian.Uint32(sample[i:]))]++
	}
	crowd := make(map[uint32]int, len(s.lits)) // windows that end so already
	for i, l := range s.lits {
		text, best := []byte(l.text), -1.0
		for off := 0; off+s.window <= len(text); off++ {
			cost := 0.0
			for at := 0; at+s.gram <= s.window; at++ {
				h := s.hash(s.load(text, off+at))
				n := float64(seen[h])
				if left := s.window - s.gram - at; left == 0 {
					cost += lookCost/stepCost*n + tryCost/stepCost*(n+0.01)*float64(crowd[h])
				} else {
					cost += n * float64(s.far()-left) / float64(left)
				}
			}
			if best < 0 || cost < best {
				best, s.offset[i] = cost, int32(off)
			}
		}
		crowd[s.gramOf(i, s.window-s.gram)]++
	}
}

// fillTable writes how far each gram lets us go. A gram that ends a window lets us
// go on as far as it would if it did not, once we have looked.
func (s *scanner) fillTable() {
	table := s.table()
	for i := range table {
		table[i] = uint8(s.far())
	}
	for i := range s.lits {
		for at := 0; at+s.gram < s.window; at++ {
			e := &table[s.gramOf(i, at)]
			*e = min(*e, uint8(s.window-s.gram-at))
		}
	}
	for i := range s.lits {
		table[s.gramOf(i, s.window-s.gram)] |= lookHere
	}
}

func (s *scanner) table() []uint8 {
	if s.large != nil {
		return s.large[:]
	}
	return s.small[:]
}

// fillSpans sorts the literals by the gram that ends their window.
func (s *scanner) fillSpans() {
	ends := make([]uint32, len(s.lits))
	order := make([]int, len(s.lits))
	for i := range s.lits {
		ends[i], order[i] = s.gramOf(i, s.window-s.gram), i
	}
	slices.SortFunc(order, func(a, b int) int {
		if ends[a] != ends[b] {
			return int(int64(ends[a]) - int64(ends[b]))
		}
		return a - b
	})
	lits, offset := make([]literal, len(order)), make([]int32, len(order))
	for to, from := range order {
		lits[to], offset[to] = s.lits[from], s.offset[from]
		if to == 0 || ends[from] != ends[order[to-1]] {
			s.spans = append(s.spans, span{from: int32(to)})
			s.bucket[ends[from]] = int32(len(s.spans))
		}
		s.spans[len(s.spans)-1].to = int32(to) + 1
	}
	s.lits, s.offset = lits, offset
}

// scan appends where literals stand in b, in the order of their windows.
func (s *scanner) scan(b []byte, out []found) []found {
	if len(b) < s.window {
		return out
	}
	// Grams begin between first and last; the last four bytes are loaded with care.
	first, last := s.window-s.gram, len(b)-s.gram
	fast := min(last, len(b)-maxGram) + 1
	at := first
	if fast-first >= stripes*minStripe {
		out, at = s.scanStripes(b, first, fast, out)
	}
	out, at = s.scanFrom(b, at, fast, out)
	table := s.table()
	for at <= last {
		e := table[s.hash(s.load(b, at))]
		if e&lookHere != 0 {
			out = s.look(b, at, out)
		}
		at += int(e &^ lookHere)
	}
	return out
}

// scanFrom walks grams that begin in [from, to) one after the other and returns
// the first that it left.
func (s *scanner) scanFrom(b []byte, from, to int, out []found) ([]found, int) {
	table, at := s.table(), from
	for at < to {
		e := table[s.hash(binary.LittleEndian.Uint32(b[at:]))]
		if e&lookHere != 0 {
			out = s.look(b, at, out)
		}
		at += int(e &^ lookHere)
	}
	return out, at
}

// look adds the literals whose window ends with the gram at i.
func (s *scanner) look(b []byte, i int, out []found) []found {
	n := s.bucket[s.hash(s.load(b, i))]
	if n == 0 {
		return out
	}
	sp := s.spans[n-1]
	start := i - (s.window - s.gram)
	for k := sp.from; k < sp.to; k++ {
		if pos := start - int(s.offset[k]); s.lits[k].at(b, pos) {
			out = append(out, found{pos: int32(pos), lit: k})
		}
	}
	return out
}
