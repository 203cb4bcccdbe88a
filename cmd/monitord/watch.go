package main

import (
	"context"
	"os"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/inventory"
	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// latenessCheck is the name of the server's own service about its scheduler.
const latenessCheck = "check-latency"

// lateLimit is how late the latest hundredth of the checks may start before the
// server says that it is too small for its work.
const lateLimit = time.Second

// watchScheduler watches the scheduler: being late is a service, and a check
// that does not come back is marked.
func (s *server) watchScheduler(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	hung := map[schedule.Ref]bool{}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			s.markHung(hung)
			s.judgeLateness(ctx)
		}
	}
}

// markHung marks what hangs now; known is what was marked before.
func (s *server) markHung(known map[schedule.Ref]bool) {
	now := map[schedule.Ref]bool{}
	for _, ref := range s.scheduler.Hung() {
		now[ref] = true
		if !known[ref] {
			s.log.Warn("check does not come back", logkeys.Host, ref.Host, logkeys.Check, ref.Name)
			s.engine.SetHung(inventory.CheckRef{Host: ref.Host, Check: ref.Name}, true)
		}
		known[ref] = true
	}
	for ref := range known {
		if !now[ref] {
			s.engine.SetHung(inventory.CheckRef{Host: ref.Host, Check: ref.Name}, false)
			delete(known, ref)
		}
	}
}

// judgeLateness tells the engine how late checks started in the last minute.
func (s *server) judgeLateness(ctx context.Context) {
	recent := s.scheduler.Stats().Recent
	result := checks.Result{State: checks.OK, Summary: text.M("server.latency.ok", text.Dur("p99", recent.P99))}
	if recent.P99 > lateLimit {
		result = checks.Result{
			State: checks.Warning, Reason: checks.ReasonThreshold,
			Summary: text.M("server.latency.late", text.Dur("p99", recent.P99), text.Dur("max", recent.Max), text.Dur("limit", lateLimit)),
		}
	}
	result.Perf = []checks.Perf{{Label: "p99", Value: recent.P99.Seconds(), Unit: checks.UnitSeconds}}
	_, err := s.engine.Observe(ctx, alerting.Observation{
		Host: s.ownHost(), Check: latenessCheck, At: time.Now(), Builtin: true, Results: []checks.Result{result},
	})
	if err != nil && ctx.Err() == nil {
		s.log.Error("lateness was not judged", logkeys.Err, err)
	}
}

// ownHost is the host that the server's own services belong to: this machine,
// when it is watched, else the server's name.
func (s *server) ownHost() string {
	if name, err := os.Hostname(); err == nil {
		if _, known := s.current().inventory.Host(name); known {
			return name
		}
	}
	return "monitord"
}
