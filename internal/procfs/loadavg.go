package procfs

import (
	"bytes"
	"errors"
)

// Loadavg is /proc/loadavg.
type Loadavg struct {
	Load1, Load5, Load15 uint64 // in hundredths, exactly as printed
	Running              uint64 // scheduling entities that run now; counts the reader itself
	Total                uint64 // scheduling entities (threads) that exist
	LastPID              uint64
}

// ErrLoadavg says that /proc/loadavg has another shape than "l l l r/t pid".
var ErrLoadavg = errors.New("parse /proc/loadavg: want three loads and running/total")

// ParseLoadavg reads /proc/loadavg.
func ParseLoadavg(b []byte, l *Loadavg) error {
	*l = Loadavg{}
	line, _ := cutLine(b)
	for _, dst := range [...]*uint64{&l.Load1, &l.Load5, &l.Load15} {
		f, rest := cutField(line)
		v, ok := parseHundredths(f)
		if !ok {
			return ErrLoadavg
		}
		*dst, line = v, rest
	}
	f, rest := cutField(line)
	running, total, _ := bytes.Cut(f, []byte{'/'})
	var ok1, ok2 bool
	l.Running, ok1 = parseUint(running)
	l.Total, ok2 = parseUint(total)
	if !ok1 || !ok2 {
		return ErrLoadavg
	}
	l.LastPID, _, _ = cutUint(rest)
	return nil
}
