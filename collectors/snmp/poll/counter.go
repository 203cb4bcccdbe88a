package poll

import "time"

// counter follows one counter of one row.
type counter struct {
	known bool
	last  uint64
	at    time.Duration // the agent's time of last
	sum   float64       // of a 32-bit counter: what was counted since the first poll
}

// outcome is what a new value of a counter means.
type outcome int

const (
	first    outcome = iota // nothing to compare with
	grown                   // by the number that comes with it
	wasReset                // it began anew
	blind                   // it may have wrapped more than once
)

const (
	wrap32 = 1 << 32
	// headroom lets a counter grow a little faster than its link: they are not read
	// at the same moment.
	headroom = 1.25
)

// forget keeps nothing that the next value could be compared with.
func (c *counter) forget() { *c = counter{sum: c.sum} }

// next takes the value at a moment of the agent's time. speed is that of the
// link in bits a second; 0 when nobody knows. rate is the growth in a second.
func (c *counter) next(kind Kind, value uint64, at time.Duration, speed float64) (rate float64, what outcome) {
	was := *c
	c.known, c.last, c.at = true, value, at
	elapsed := at - was.at
	if !was.known || elapsed <= 0 {
		return 0, first
	}
	grew, what := c.grow(kind, was.last, limitOf(kind, speed, elapsed))
	return grew / elapsed.Seconds(), what
}

// grow compares the value with the one before. limit is how much a 32-bit counter
// can have grown; 0 when nobody knows.
func (c *counter) grow(kind Kind, last uint64, limit float64) (grew float64, what outcome) {
	value := c.last
	if kind == Counter64 {
		if value < last {
			return 0, wasReset
		}
		return float64(value - last), grown
	}
	if limit >= wrap32 {
		return 0, blind
	}
	delta := float64(uint32(value - last)) // over a wrap, too
	switch {
	case limit > 0 && delta > limit:
		return 0, wasReset
	case limit == 0 && value < last && delta > wrap32/2:
		// It fell by less than half of its range: a wrap would have been a growth of
		// more than the other half.
		return 0, wasReset
	}
	c.sum += delta
	return delta, grown
}

// limitOf is how much an octet counter can grow in a time at a speed in bits a
// second.
func limitOf(kind Kind, speed float64, elapsed time.Duration) float64 {
	if kind != Octets32 || speed <= 0 {
		return 0
	}
	return speed / 8 * elapsed.Seconds() * headroom
}
