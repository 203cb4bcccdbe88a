package procfs

import "bytes"

// PressureLine is one line of a /proc/pressure file.
type PressureLine struct {
	Avg10, Avg60, Avg300 uint64 // percent, in hundredths
	Total                uint64 // microseconds stalled since boot
	Present              bool
}

// Pressure is one of /proc/pressure/{cpu,io,memory}. The file cpu had no line
// full before Linux 5.13.
type Pressure struct {
	Some, Full PressureLine
}

// ParsePressure reads one /proc/pressure file.
// Source: Documentation/accounting/psi.rst.
func ParsePressure(b []byte, p *Pressure) {
	*p = Pressure{}
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		kind, rest := cutField(line)
		switch string(kind) {
		case "some":
			p.Some.parse(rest)
		case "full":
			p.Full.parse(rest)
		}
	}
}

func (l *PressureLine) parse(b []byte) {
	for {
		var f []byte
		f, b = cutField(b)
		key, val, ok := bytes.Cut(f, []byte{'='})
		if !ok {
			return
		}
		switch string(key) {
		case "avg10":
			l.Avg10, _ = parseHundredths(val)
		case "avg60":
			l.Avg60, _ = parseHundredths(val)
		case "avg300":
			l.Avg300, _ = parseHundredths(val)
		case "total":
			l.Total, l.Present = parseUint(val)
		}
	}
}
