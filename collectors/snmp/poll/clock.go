package poll

import "time"

// tick is the unit of sysUpTime: a hundredth of a second (RFC 3418).
const tick = 10 * time.Millisecond

// clock follows an agent's sysUpTime, and makes of it a time that only goes
// forward, over wraps and restarts.
type clock struct {
	known bool
	ticks uint32
	at    time.Time     // our clock, when it was read last
	line  time.Duration // the agent's time since the first reading
}

// slack is how far sysUpTime may differ from our clock before it must have begun
// anew: agents cache, and clocks drift.
func slack(elapsed time.Duration) time.Duration { return 30*time.Second + elapsed/20 }

// read takes the next sysUpTime. restarted says that it began anew since the last
// one. A clock of ours that jumped looks the same, and costs one interval's rates.
func (c *clock) read(ticks uint32, now time.Time) (restarted bool) {
	was := *c
	c.known, c.ticks, c.at = true, ticks, now
	if !was.known {
		return false
	}
	ours := now.Sub(was.at)
	theirs := time.Duration(ticks-was.ticks) * tick // over a wrap, too
	if theirs < ours-slack(ours) || theirs > ours+slack(ours) {
		c.line += max(ours, 0)
		return true
	}
	c.line += theirs
	return false
}

// pass lets time pass for an agent that has no sysUpTime.
func (c *clock) pass(now time.Time) {
	if !c.at.IsZero() {
		c.line += max(now.Sub(c.at), 0)
	}
	c.at = now
}

// up is how long the agent is up.
func (c *clock) up() time.Duration { return time.Duration(c.ticks) * tick }
