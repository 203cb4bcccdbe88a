package main

import (
	"context"
	"fmt"
	"time"

	"monitord/alerting/failover"
	"monitord/checks"
	"monitord/dashboards"
	"monitord/internal/text"
)

// actions is what the scene has done about its states.
func (s *scene) actions() *dashboards.Acts {
	return &dashboards.Acts{
		Any: func() bool { return len(s.acts) > 0 || s.frozen.On() },
		List: func(_ context.Context, f failover.Filter) ([]failover.Record, error) {
			if s.broken {
				return nil, errBroken
			}
			var list []failover.Record
			for _, r := range s.acts {
				if f.Incident == 0 || f.Incident == r.Request.Incident {
					list = append(list, r)
				}
			}
			return list, nil
		},
		Approve:  func(context.Context, string, string) error { return nil },
		Rearm:    func(context.Context, string, string, string) error { return nil },
		Frozen:   func() failover.Freeze { return s.frozen },
		Freeze:   func(context.Context, string, string) error { return nil },
		Unfreeze: func(context.Context, string) error { return nil },
	}
}

// frozen is the night with the switch set, and with every way an action can go.
func frozen() *scene {
	s := night()
	s.frozen = failover.Freeze{By: freezer, Reason: freezeReason, At: s.now.Add(-47 * time.Minute)}
	for i, p := range []failover.Progress{failover.ProgressWaiting, failover.ProgressUnknown, failover.ProgressRefused, failover.ProgressDone, failover.ProgressFailed, failover.ProgressTried, failover.ProgressStarted} {
		s.acted(i, p)
	}
	return s
}

func (s *scene) acted(i int, p failover.Progress) {
	in := s.incidents[1]
	at := in.Opened.Add(400 * time.Millisecond)
	r := failover.Record{
		Request: failover.Request{ID: fmt.Sprintf("takeover-%06x", 0x3fa1+i), Action: "takeover", Service: in.Service, State: checks.Critical, Incident: in.ID},
		Kind:    "heartbeat", Progress: p, Wanted: at.Add(-300 * time.Millisecond), Deadline: time.Minute,
		Trigger: failover.Trigger{Failed: in.Opened.Add(-20 * time.Second), Hard: in.Opened, From: failover.FromServer},
	}
	fails := p == failover.ProgressRefused
	peers := text.M("guard.peers", text.Int("well", 0), text.Int("of", 1), text.Int("want", 1), text.Str("others", "db2/pgsql CRITICAL (probe db2, 4 s)"))
	if !fails {
		peers = text.M("guard.peers", text.Int("well", 1), text.Int("of", 1), text.Int("want", 1), text.Str("others", "–"))
	}
	r.Premises = []failover.Premise{
		{Name: failover.PremiseState, Holds: true, From: failover.FromServer, At: at.Add(-4 * time.Second), Text: text.M("guard.state", text.Str("service", in.Service.String()), text.Str("state", "CRITICAL"))},
		{Name: failover.PremiseConfirmed, Holds: true, From: "probe lb1", At: at.Add(-11 * time.Second), Text: text.M("guard.confirmed.by", text.Str("service", "lb1/pgsql"), text.Str("state", "CRITICAL"))},
		{Name: failover.PremisePeers, Holds: !fails, From: failover.FromServer, At: at, Text: peers},
		{Name: failover.PremiseBudget, Holds: true, From: failover.FromServer, At: at, Text: text.M("guard.budget", text.Int("used", 1), text.Int("runs", 2), text.Dur("per", time.Hour))},
	}
	says := map[failover.Progress]text.Message{
		failover.ProgressWaiting: text.M("action.waiting", text.Time("until", s.now.Add(11*time.Minute))),
		failover.ProgressUnknown: text.M("action.unknown.probe", text.Str("host", "db2")),
		failover.ProgressRefused: text.M("action.refused", text.Str("premise", "peers"), text.Sub("why", peers)),
		failover.ProgressDone:    text.M("action.done", text.Dur("took", 3100*time.Millisecond)),
		failover.ProgressFailed:  text.M("action.failed", text.Str("why", "exit code 4")),
		failover.ProgressTried:   text.M("action.tried"),
		failover.ProgressStarted: text.M("action.started.probe", text.Str("host", "db2")),
	}
	r.Text = says[p]
	switch p {
	case failover.ProgressDone, failover.ProgressFailed, failover.ProgressUnknown:
		r.Started, r.Ended = at, at.Add(3100*time.Millisecond)
		r.Outcome = failover.Outcome{Verified: p == failover.ProgressDone, Output: []byte("hb_takeover: foreign\nresources acquired\n")}
	case failover.ProgressStarted:
		r.Started, r.Probe, r.RemoteName = at, "db2", "takeover"
	}
	s.acts = append(s.acts, r)
}
