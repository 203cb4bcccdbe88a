package procfs

import "errors"

// Uptime is /proc/uptime, in 1/100 s.
type Uptime struct {
	Up   uint64 // since boot, suspended time included
	Idle uint64 // summed over all processors
}

// ErrUptime says that /proc/uptime does not start with seconds and a fraction.
var ErrUptime = errors.New("parse /proc/uptime: want seconds with two decimals")

// ParseUptime reads /proc/uptime.
func ParseUptime(b []byte, u *Uptime) error {
	*u = Uptime{}
	line, _ := cutLine(b)
	up, rest := cutField(line)
	var ok bool
	if u.Up, ok = parseHundredths(up); !ok {
		return ErrUptime
	}
	idle, _ := cutField(rest)
	u.Idle, _ = parseHundredths(idle)
	return nil
}
