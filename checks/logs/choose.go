package logs

import (
	"cmp"
	"maps"
	"slices"
)

// choice is one literal set for each condition, for one length of window.
type choice struct {
	hits    map[literal]int
	window  int
	counted int // bytes in which hits were counted
	cost    float64
	long    map[literal][]int32
	short   map[literal][]int32
}

// planFor makes the plan for one window and says what it costs for a byte; nil
// when a condition cannot be served so.
func planFor(needs []*need, hits map[literal]int, counted, window int, sample []byte) (*plan, float64) {
	c := choice{hits: hits, window: window, counted: counted, long: map[literal][]int32{}, short: map[literal][]int32{}}
	p := &plan{}
	for i, n := range needs {
		lits, cost := c.pick(n)
		if lits == nil {
			if n != nil && window > windows[0] {
				return nil, 0 // a smaller window serves it
			}
			p.always = append(p.always, int32(i))
			continue
		}
		c.cost += cost
		for _, l := range lits {
			to := c.long
			if len(l.text) < window {
				to = c.short
			}
			if at := to[l]; len(at) == 0 || at[len(at)-1] != int32(i) {
				to[l] = append(at, int32(i))
			}
		}
	}
	for _, l := range slices.SortedFunc(maps.Keys(c.short), sortLiterals) {
		p.short = append(p.short, shortLiteral{text: []byte(l.text), parts: c.short[l]})
	}
	cost := (c.cost + float64(len(p.short)*counted)*passCost) / float64(counted)
	if len(c.long) == 0 {
		return p, cost
	}
	lits := slices.SortedFunc(maps.Keys(c.long), sortLiterals)
	scan, scanCost := bestScanner(lits, window, sample)
	p.scan = scan
	p.parts = make([][]int32, len(scan.lits))
	for i, l := range scan.lits {
		p.parts[i] = c.long[l]
	}
	return p, cost + scanCost/float64(len(sample))
}

func sortLiterals(a, b literal) int {
	if c := cmp.Compare(a.text, b.text); c != 0 || a.fold == b.fold {
		return c
	}
	if a.fold {
		return 1
	}
	return -1
}

// bestScanner tries the lengths of gram that fit the window.
func bestScanner(lits []literal, window int, sample []byte) (*scanner, float64) {
	var best *scanner
	bestCost := 0.0
	for gram := min(2, window); gram <= min(maxGram, window); gram++ {
		if gram == 2 && window > 6 || gram < min(maxGram, window) && len(lits) > manyLiterals {
			continue
		}
		s := newScanner(lits, window, gram, sample)
		if cost := s.cost(sample); best == nil || cost < bestCost {
			best, bestCost = s, cost
		}
	}
	return best, bestCost
}

// pick chooses the literals that filter for a need, and what that costs; nil
// when it cannot be served with this window.
func (c *choice) pick(n *need) ([]literal, float64) {
	if n == nil {
		return nil, 0
	}
	switch n.kind {
	case needOneOf:
		return c.pickOne(n.lits)
	case needAll:
		var best []literal
		bestCost := 0.0
		for _, sub := range n.subs {
			if lits, cost := c.pick(sub); lits != nil && (best == nil || cost < bestCost) {
				best, bestCost = lits, cost
			}
		}
		return best, bestCost
	default:
		var all []literal
		sum := 0.0
		for _, sub := range n.subs {
			lits, cost := c.pick(sub)
			if lits == nil {
				return nil, 0
			}
			all, sum = append(all, lits...), sum+cost
		}
		return all, sum
	}
}

func (c *choice) pickOne(lits []literal) ([]literal, float64) {
	cost := 0.0
	for _, l := range lits {
		switch {
		case len(l.text) < 2 || l.fold && len(l.text) < c.window:
			return nil, 0
		case len(l.text) < c.window && c.short[l] == nil:
			cost += passCost * float64(c.counted)
		}
		// Of equal ones the longer and the fewer are rarer where we have not looked.
		cost += matchCost * (float64(c.hits[l]) + 1/float64(10+len(l.text)))
	}
	return lits, cost
}

// cost is the time that the scanner needs for a sample.
func (s *scanner) cost(sample []byte) float64 {
	steps, looks, tries := 0, 0, 0
	table := s.table()
	for at := s.window - s.gram; at <= len(sample)-s.gram; {
		steps++
		h := s.hash(s.load(sample, at))
		e := table[h]
		if e&lookHere != 0 {
			looks++
			sp := s.spans[s.bucket[h]-1]
			tries += int(sp.to - sp.from)
		}
		at += int(e &^ lookHere)
	}
	return float64(steps)*stepCost + float64(looks)*lookCost + float64(tries)*tryCost
}

// countLiterals says how often each literal of the needs stands in a sample.
func countLiterals(needs []*need, sample []byte) map[literal]int {
	hits := map[literal]int{}
	for _, n := range needs {
		n.each(func(l literal) { hits[l] = 0 })
	}
	groups := [3][]literal{}
	for l := range hits {
		switch n := len(l.text); {
		case n < 2:
		case n < 4:
			groups[0] = append(groups[0], l)
		case n < 8:
			groups[1] = append(groups[1], l)
		default:
			groups[2] = append(groups[2], l)
		}
	}
	for i, window := range [...]int{2, 4, 8} {
		if len(groups[i]) == 0 {
			continue
		}
		slices.SortFunc(groups[i], sortLiterals)
		s := newScanner(groups[i], window, min(window, 3), sample)
		for _, f := range s.scan(sample, nil) {
			hits[s.lits[f.lit]]++
		}
	}
	return hits
}

// each visits all literals of a need.
func (n *need) each(visit func(literal)) {
	if n == nil {
		return
	}
	for _, l := range n.lits {
		visit(l)
	}
	for _, s := range n.subs {
		s.each(visit)
	}
}
