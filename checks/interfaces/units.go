package interfaces

import "strconv"

// siBits writes bits as people say them of lines: 1 Gbit, 2.5 Mbit, 900 bit; and what
// stands behind, such as /s.
func siBits(v float64, behind string) string {
	var room [32]byte
	for _, u := range [...]struct {
		size float64
		name string
	}{{1e12, " Tbit"}, {1e9, " Gbit"}, {1e6, " Mbit"}, {1e3, " kbit"}} {
		if v >= u.size {
			return string(append(append(strconv.AppendFloat(room[:0], v/u.size, 'g', 3, 64), u.name...), behind...))
		}
	}
	return string(append(append(strconv.AppendFloat(room[:0], v, 'f', 0, 64), " bit"...), behind...))
}
