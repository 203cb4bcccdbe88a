package dashboards

import (
	"sync"
	"time"

	"monitord/graphs"
)

// Bounds of sparkCache.
const (
	sparkFor   = 5 * time.Minute // a day's curve moves by a third of a point
	sparkHosts = 64
)

// sparkCache keeps the small curves of devices that are looked at: a page of 500
// interfaces reads itself again whenever something changes. It is safe for
// concurrent use.
type sparkCache struct {
	mu     sync.Mutex
	byHost map[string]sparkLines
}

type sparkLines struct {
	at    time.Time
	lines map[string][][]graphs.Point // by the interfaces' names
}

// get returns the curves of a host while they are fresh.
func (c *sparkCache) get(host string, now time.Time) (map[string][][]graphs.Point, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, ok := c.byHost[host]
	return one.lines, ok && now.Sub(one.at).Abs() < sparkFor
}

// put keeps the curves of a host, in the place of the oldest ones when it is full.
func (c *sparkCache) put(host string, now time.Time, lines map[string][][]graphs.Point) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byHost == nil {
		c.byHost = map[string]sparkLines{}
	}
	if _, ok := c.byHost[host]; !ok && len(c.byHost) >= sparkHosts {
		oldest := ""
		for h, one := range c.byHost {
			if oldest == "" || one.at.Before(c.byHost[oldest].at) {
				oldest = h
			}
		}
		delete(c.byHost, oldest)
	}
	c.byHost[host] = sparkLines{now, lines}
}
