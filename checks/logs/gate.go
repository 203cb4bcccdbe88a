package logs

import (
	"bytes"
	"regexp"
	"strconv"
	"time"
)

// gateKind says how a gate lets matches through. The words are swatch's.
type gateKind int

const (
	gateLimit     gateKind = iota // the first count of an interval
	gateThreshold                 // every count-th within an interval
	gateBoth                      // one an interval, once there were count
	gateThrottle                  // the first, then one an interval, with the number seen
)

// gate counts the matches of a rule by a key and lets some of them through.
type gate struct {
	kind   gateKind
	by     template // the key; nil: one counter for all, with gateThrottle the text without its time
	count  int
	within time.Duration
	swatch bool // counts exactly as swatchdog 3.2.4 does
}

// counter is what a gate knows of one key.
type counter struct {
	First time.Time   `json:"first"`
	Count int         `json:"count"`
	Times []time.Time `json:"times,omitempty"` // the last count, the oldest first
	Quiet time.Time   `json:"quiet,omitzero"`  // of both: nothing more until then
}

// stampPrefix is what swatch's throttle cuts off a line to make its key.
var stampPrefix = regexp.MustCompile(`^\w{3}\s+\d{1,2}\s+\d{2}:\d{2}:\d{2}\s+`)

// key is by what a match is counted.
func (g *gate) key(f filling) string {
	if g.by != nil {
		return g.by.fill(f)
	}
	if g.kind == gateThrottle {
		line := f.line
		if m := stampPrefix.Find(line); m != nil {
			line = line[len(m):]
		}
		return string(bytes.TrimSpace(line))
	}
	return ""
}

// open counts one match and says whether it goes through. A throttle may add to
// the message. Fresh is a counter that did not exist.
func (g *gate) open(c *counter, fresh bool, now time.Time, message string) (bool, string) {
	switch {
	case g.kind == gateThrottle:
		return g.throttle(c, fresh, now, message)
	case g.swatch:
		return g.openSwatch(c, fresh, now.Truncate(time.Second)), message
	}
	// A clock that was set back must not keep a window open for long.
	if g.kind == gateLimit && (now.Sub(c.First) >= g.within || c.First.Sub(now) > g.within) {
		c.First, c.Count = now, 0
	}
	switch g.kind {
	case gateLimit:
		c.Count++
		return c.Count <= g.count, message
	case gateBoth:
		if now.Before(c.Quiet) && c.Quiet.Sub(now) <= g.within {
			return false, message
		}
	}
	reached := c.slide(now, g.count, g.within)
	if reached && g.kind == gateBoth {
		c.Quiet = now.Add(g.within)
	}
	return reached, message
}

// slide adds a time to a sliding window and reports whether count of them lie
// within it; they are used up then.
func (c *counter) slide(now time.Time, count int, within time.Duration) bool {
	kept := c.Times[:0]
	for _, t := range c.Times {
		if d := now.Sub(t); d < within && d > -within {
			kept = append(kept, t)
		}
	}
	c.Times = append(kept, now)
	if len(c.Times) < count {
		return false
	}
	c.Times = c.Times[:0]
	return true
}

// throttle is Swatchdog::Throttle: the first goes through; after the hold time the
// next one does, and says how many were seen.
func (g *gate) throttle(c *counter, fresh bool, now time.Time, message string) (bool, string) {
	if fresh {
		c.First, c.Count = now, 1
		return true, message
	}
	c.Count++
	held := now.Truncate(time.Second).Sub(c.First.Truncate(time.Second))
	if held <= g.within && held >= 0 {
		return false, message
	}
	message += " (seen " + strconv.Itoa(c.Count) + " times)"
	c.First, c.Count = now, 0
	return true, message
}

// openSwatch is Swatchdog::Threshold step by step: its windows are not sliding, and
// limit opens a new one only when the old one is full.
func (g *gate) openSwatch(c *counter, fresh bool, now time.Time) bool {
	since := now.Sub(c.First)
	within := !fresh && since < g.within && since > -g.within // a clock that was set back far does not keep it open
	restart := func() { c.First, c.Count = now, 1 }
	switch g.kind {
	case gateLimit:
		switch {
		case fresh:
			restart()
		case c.Count < g.count:
			c.Count++
		case !within:
			restart()
		default:
			return false
		}
		return true
	case gateThreshold:
		if within {
			if c.Count++; c.Count == g.count {
				c.Count = 0
				return true
			}
			return false
		}
		restart()
		if g.count == 1 {
			c.Count = 0
			return true
		}
		return false
	default: // both
		c.Count++
		switch {
		case fresh:
			restart()
		case within && c.Count == g.count:
			return true
		case !within:
			restart()
		}
		return c.Count == g.count
	}
}

// over reports whether a counter says nothing any more. That of a throttle has a
// number to tell, whenever the next one comes.
func (g *gate) over(c *counter, now time.Time) bool {
	if g.kind == gateThrottle {
		return false
	}
	last := c.First
	if n := len(c.Times); n > 0 {
		last = c.Times[n-1]
	}
	if c.Quiet.After(last) {
		last = c.Quiet
	}
	return now.Sub(last) > g.within
}
