package main

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/failover"
	"monitord/dashboards"
	"monitord/internal/logkeys"
	"monitord/internal/runner"
	"monitord/internal/wire"
)

// newActor makes what acts on states.
func (s *server) newActor() *actions.Actor {
	return actions.New(actions.Deps{
		Logger: s.log, Now: time.Now, Engine: s.engine, Ledger: s.journal, Registry: s.registry,
		CheckNow: s.runNow, ProbeSeen: func(host string) (time.Time, bool) { return s.intake.LastSeen(host) },
		Unjudged: s.journal.Unjudged,
	})
}

// actionDeps is what kinds of action may use of the world.
func (s *server) actionDeps() failover.Deps {
	return failover.Deps{Logger: s.log, Now: time.Now, Dialer: &net.Dialer{}, Run: runner.Run}
}

// actionReported takes what a probe says of a job.
func (s *server) actionReported(ctx context.Context, host string, e wire.Event) {
	var report wire.ActionReport
	if err := json.Unmarshal(e.Data, &report); err != nil {
		s.log.Warn("report of a probe about an action cannot be read", logkeys.Host, host, logkeys.Err, err)
		return
	}
	s.actor.Report(ctx, host, report)
}

// pageActs is what the pages need of actions.
func (s *server) pageActs() *dashboards.Acts {
	return &dashboards.Acts{
		Any:     func() bool { return len(s.current().plan.Actions) > 0 || s.actor.Frozen().On() },
		List:    s.actor.Records,
		Approve: func(ctx context.Context, id, who string) error { return refused(s.actor.Approve(ctx, id, who)) },
		Rearm: func(ctx context.Context, action, host, who string) error {
			return refused(s.actor.Rearm(ctx, action, host, who))
		},
		Frozen:   s.actor.Frozen,
		Freeze:   s.actor.Freeze,
		Unfreeze: s.actor.Unfreeze,
	}
}
