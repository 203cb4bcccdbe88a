package main

import (
	"context"
	"encoding/json"
	"net"
	"time"

	"monitord/alerting/actions"
	"monitord/alerting/failover"
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
