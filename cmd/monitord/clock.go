package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// clockCheck is the name of the server's own service "clock of HOST".
const clockCheck = "clock-ahead"

// clockWatch turns refused samples of the future into a service per host: it is
// CRITICAL while they come, and OK once none came for clockQuiet.
type clockWatch struct {
	observe func(context.Context, alerting.Observation) (alerting.Verdict, error)
	log     *slog.Logger
	now     func() time.Time

	mu    sync.Mutex
	ahead map[string]clockFault
}

type clockFault struct {
	by    time.Duration
	last  time.Time
	fresh bool // not yet told to the engine
}

// clockQuiet is how long a clock must have sent nothing from the future.
const clockQuiet = 2 * time.Minute

// note is called by the store; it does not block.
func (c *clockWatch) note(host string, by time.Duration) {
	if host == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead[host] = clockFault{by: by, last: c.now(), fresh: true}
}

// Run tells the engine, every second.
func (c *clockWatch) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			for host, result := range c.due() {
				_, err := c.observe(ctx, alerting.Observation{
					Host: host, Check: clockCheck, At: c.now(), Builtin: true, Results: []checks.Result{result},
				})
				if err != nil {
					c.log.Error("clock of a host could not be judged", logkeys.Host, host, logkeys.Err, err)
				}
			}
		}
	}
}

// due lists what changed since the last call.
func (c *clockWatch) due() map[string]checks.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	results := map[string]checks.Result{}
	for host, f := range c.ahead {
		switch {
		case f.fresh:
			f.fresh = false
			c.ahead[host] = f
			results[host] = checks.Result{
				State: checks.Critical, Reason: checks.ReasonThreshold,
				Summary: text.M("server.clock.ahead", text.Dur("ahead", f.by)),
			}
		case c.now().Sub(f.last) > clockQuiet:
			delete(c.ahead, host)
			results[host] = checks.Result{State: checks.OK, Summary: text.M("server.clock.ok")}
		}
	}
	return results
}
