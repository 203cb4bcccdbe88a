package main

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/checks/schedule"
	"monitord/internal/hostlogs"
	"monitord/internal/logkeys"
	"monitord/internal/wire"
)

// checkRan takes a finished run of the scheduler: its samples to the store, its
// results to the engine.
func (s *server) checkRan(ctx context.Context, run schedule.Run) (retry bool) {
	if run.Err != nil {
		s.log.Debug("check failed to ask", logkeys.Host, run.Job.Host, logkeys.Check, run.Job.Name, logkeys.Err, run.Err)
	}
	return s.judge(ctx, run.Job.Type, alerting.Observation{
		Host: run.Job.Host, Check: run.Job.Name, At: run.At, Took: run.Took, Results: run.Results,
	})
}

// judge stores what a run measured and decides.
func (s *server) judge(ctx context.Context, kind string, o alerting.Observation) (retry bool) {
	s.samples.add(checks.Samples(checks.Outcome{
		Host: o.Host, Check: o.Check, Type: kind, At: o.At, Took: o.Took, Results: o.Results,
	}))
	verdict, err := s.engine.Observe(ctx, o)
	if err != nil && !errors.Is(err, alerting.ErrUnknownCheck) && ctx.Err() == nil {
		s.log.Error("result was not judged", logkeys.Host, o.Host, logkeys.Check, o.Check, logkeys.Err, err)
	}
	return verdict.RetrySoon
}

// deliver takes events of a probe that are in the journal now.
func (s *server) deliver(ctx context.Context, host string, events []wire.Event) {
	for _, e := range events {
		if e.Kind == wire.KindAction {
			s.actionReported(ctx, host, e)
		}
		if e.Kind != wire.KindResult {
			continue
		}
		var r wire.ResultData
		if err := json.Unmarshal(e.Data, &r); err != nil {
			s.log.Warn("result of a probe cannot be read", logkeys.Host, host, logkeys.Err, err)
			continue
		}
		o := alerting.Observation{Host: host, Check: r.Check, At: e.At, Took: r.Took, Results: r.Results}
		if kind := s.kindOf(host, r.Check); kind != "" || r.Check != wire.LogCheck {
			s.judge(ctx, kind, o)
		} else {
			s.logResult(ctx, o, r.Found)
		}
	}
}

// logResult judges what a rule for logs found on a probe. What is told again
// counts when it did not before: a person may have ended the problem since.
func (s *server) logResult(ctx context.Context, o alerting.Observation, found time.Time) {
	for _, r := range o.Results {
		if !hostlogs.ServiceName(r.Item) {
			s.log.Warn("result of a probe cannot be read", logkeys.Host, o.Host, logkeys.Check, o.Check)
			return
		}
	}
	if !found.IsZero() {
		o.Results = slices.DeleteFunc(o.Results, func(r checks.Result) bool {
			is, known := s.engine.Service(checks.Service{Host: o.Host, Check: o.Check, Item: r.Item})
			return known && !is.LastCheck.Before(found)
		})
	}
	if len(o.Results) == 0 {
		return
	}
	o.Builtin = true
	if _, err := s.engine.Observe(ctx, o); err != nil && ctx.Err() == nil {
		s.log.Error("result was not judged", logkeys.Host, o.Host, logkeys.Check, o.Check, logkeys.Err, err)
	}
}

// judgeLogs judges what probes told of logs just before this start: a crash may
// have come between its acceptance and its judgement. What was judged changes
// nothing: it is not newer than what is known.
func (s *server) judgeLogs(ctx context.Context) {
	events, err := s.journal.Unjudged(ctx)
	if err != nil {
		s.log.Error("what probes reported last cannot be read", logkeys.Err, err)
	}
	for _, e := range events {
		var r wire.ResultData
		if e.Kind == wire.KindResult && json.Unmarshal(e.Data, &r) == nil && r.Check == wire.LogCheck && s.kindOf(e.Host, r.Check) == "" {
			s.logResult(ctx, alerting.Observation{Host: e.Host, Check: r.Check, At: e.At, Took: r.Took, Results: r.Results}, r.Found)
		}
	}
}

// kindOf is the type of a host's check; empty when it is gone.
func (s *server) kindOf(host, check string) string {
	h, ok := s.current().inventory.Host(host)
	if !ok {
		return ""
	}
	for _, c := range h.Checks {
		if c.Name == check {
			return c.Type
		}
	}
	return ""
}

// previous tells the scheduler a check's last states, from before this process.
func (s *server) previous(host, check string) map[string]checks.State {
	return s.engine.LastStates(host, check)
}

// lastSeen says when a host's probe last spoke. A probe that has not spoken
// since we started counts as seen at our start: it needs a moment to come back,
// and nobody knows that it is gone.
func (s *server) lastSeen(host string) (time.Time, bool) {
	if at, ok := s.intake.LastSeen(host); ok {
		return at, true
	}
	if _, enrolled := s.current().assignments[host]; enrolled {
		return s.started, true
	}
	return time.Time{}, false
}
