package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/dashboards"
)

// refused is an engine's answer that the person who asked can do something about.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", dashboards.ErrRefused, err)
}

func (s *server) acknowledge(ctx context.Context, service checks.Service, f dashboards.AckForm) error {
	return refused(s.engine.Acknowledge(ctx, service, alerting.Ack{
		By: f.Who, Reason: f.Reason, At: time.Now(), Until: f.Until, Sticky: !f.UntilWorse,
	}))
}

func (s *server) unacknowledge(ctx context.Context, service checks.Service, who string) error {
	return refused(s.engine.Unacknowledge(ctx, service, who))
}

func (s *server) addDowntime(ctx context.Context, f dashboards.DowntimeForm) (int64, error) {
	d := alerting.Downtime{
		Host: f.Host, Service: f.Service, Group: f.Group, By: f.Who, Reason: f.Reason,
		From: f.Start, To: f.End, Rule: f.Rule,
	}
	if f.Flexible || f.Rule != "" {
		d.Duration = f.Duration
	}
	if f.Rule != "" { // the form's end is that of the first occurrence
		d.Duration, d.To = cmp.Or(f.Duration, f.End.Sub(f.Start)), time.Time{}
	}
	id, err := s.engine.AddDowntime(ctx, d)
	return id, refused(err)
}

func (s *server) cancelDowntime(ctx context.Context, id int64, who string) error {
	return refused(s.engine.CancelDowntime(ctx, id, who))
}

func (s *server) pageDowntimes(context.Context) ([]dashboards.Downtime, error) {
	var out []dashboards.Downtime
	for _, d := range s.engine.ListDowntimes() {
		shown := dashboards.Downtime{
			ID: d.ID, Host: d.Host, Service: d.Service, Group: d.Group, Who: d.By, Reason: d.Reason,
			Start: d.Begins, End: d.Ends, Flexible: d.Duration > 0 && d.Rule == "", Duration: d.Duration,
			Rule: d.Rule, Running: d.Active, Ended: d.Ended,
		}
		if shown.Start.IsZero() {
			shown.Start, shown.End = d.From, d.To
		}
		out = append(out, shown)
	}
	return out, nil
}
