package logs

import "encoding/binary"

const (
	stripes = 4
	// minStripe is the length below which stripes are not worth their start.
	minStripe = 512
)

// scanStripes walks [from, to) as four stripes side by side. It returns the
// first gram behind all of them.
func (s *scanner) scanStripes(b []byte, from, to int, out []found) ([]found, int) {
	size := (to - from) / stripes
	ends := [stripes]int{from + size, from + 2*size, from + 3*size, to}
	var hits [stripes][]found
	hits[0] = out
	at := [stripes]int{from, ends[0], ends[1], ends[2]}
	if s.large != nil {
		s.walkLarge(b, &at, &ends, &hits)
	} else {
		s.walkSmall(b, &at, &ends, &hits)
	}
	out = hits[0]
	for k := range stripes {
		if k > 0 {
			out = append(out, hits[k]...)
		}
		// What the slower stripes have left. A gram of the next stripe belongs to it.
		out, at[k] = s.scanFrom(b, at[k], ends[k], out)
	}
	return out, at[stripes-1]
}

// walkSmall goes on until one stripe is at its end.
func (s *scanner) walkSmall(b []byte, at, ends *[stripes]int, hits *[stripes][]found) {
	table, fold, mask := s.small, s.fold, s.mask
	a0, a1, a2, a3 := at[0], at[1], at[2], at[3]
	for a0 < ends[0] && a1 < ends[1] && a2 < ends[2] && a3 < ends[3] {
		e0 := table[(binary.LittleEndian.Uint32(b[a0:])|fold)&mask*hashFactor>>(32-smallBits)]
		e1 := table[(binary.LittleEndian.Uint32(b[a1:])|fold)&mask*hashFactor>>(32-smallBits)]
		e2 := table[(binary.LittleEndian.Uint32(b[a2:])|fold)&mask*hashFactor>>(32-smallBits)]
		e3 := table[(binary.LittleEndian.Uint32(b[a3:])|fold)&mask*hashFactor>>(32-smallBits)]
		if (e0|e1|e2|e3)&lookHere != 0 {
			s.lookAll(b, [stripes]uint8{e0, e1, e2, e3}, [stripes]int{a0, a1, a2, a3}, hits)
		}
		a0 += int(e0 &^ lookHere)
		a1 += int(e1 &^ lookHere)
		a2 += int(e2 &^ lookHere)
		a3 += int(e3 &^ lookHere)
	}
	*at = [stripes]int{a0, a1, a2, a3}
}

// walkLarge is walkSmall with the other table.
func (s *scanner) walkLarge(b []byte, at, ends *[stripes]int, hits *[stripes][]found) {
	table, fold, mask := s.large, s.fold, s.mask
	a0, a1, a2, a3 := at[0], at[1], at[2], at[3]
	for a0 < ends[0] && a1 < ends[1] && a2 < ends[2] && a3 < ends[3] {
		e0 := table[(binary.LittleEndian.Uint32(b[a0:])|fold)&mask*hashFactor>>(32-largeBits)]
		e1 := table[(binary.LittleEndian.Uint32(b[a1:])|fold)&mask*hashFactor>>(32-largeBits)]
		e2 := table[(binary.LittleEndian.Uint32(b[a2:])|fold)&mask*hashFactor>>(32-largeBits)]
		e3 := table[(binary.LittleEndian.Uint32(b[a3:])|fold)&mask*hashFactor>>(32-largeBits)]
		if (e0|e1|e2|e3)&lookHere != 0 {
			s.lookAll(b, [stripes]uint8{e0, e1, e2, e3}, [stripes]int{a0, a1, a2, a3}, hits)
		}
		a0 += int(e0 &^ lookHere)
		a1 += int(e1 &^ lookHere)
		a2 += int(e2 &^ lookHere)
		a3 += int(e3 &^ lookHere)
	}
	*at = [stripes]int{a0, a1, a2, a3}
}

func (s *scanner) lookAll(b []byte, entries [stripes]uint8, at [stripes]int, hits *[stripes][]found) {
	for k, e := range entries {
		if e&lookHere != 0 {
			hits[k] = s.look(b, at[k], hits[k])
		}
	}
}
