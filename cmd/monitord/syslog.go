package main

import (
	"context"
	"time"

	"monitord/checks/logs"
	"monitord/collectors/syslog"
	"monitord/internal/logwatch"
	"monitord/internal/rungroup"
)

// openSyslog opens what receives messages of other machines.
func (s *server) openSyslog(ctx context.Context, first *settings) error {
	s.hosts = newHostBook(s.log)
	var err error
	s.syslog, err = syslog.New(ctx, first.Logs.Syslog, syslog.Deps{
		Logger: s.log, Now: time.Now, Sink: s.takeSyslog, Directory: s.hosts.dir.Load,
	})
	if err == nil {
		s.registry.MustRegister(collected{s.syslog})
	}
	return err
}

// takeSyslog runs the rules on lines. A sender by TCP waits until what they brought
// is kept.
func (s *server) takeSyslog(ctx context.Context, lines []syslog.Line) error {
	list := make([]logwatch.Line, len(lines))
	for i := range lines {
		l := &lines[i]
		list[i] = logwatch.Line{
			Host: l.Owner, Source: logwatch.SourceSyslog, Program: l.Program,
			Severity: logs.SyslogSeverity(l.Severity), Facility: syslog.FacilityName(l.Facility),
			Text: l.Text, Time: l.Time, Received: l.At, Cut: l.Cut, Unauthenticated: !l.Authenticated,
		}
	}
	return s.logs.Take(ctx, list)
}

// runLogs follows and receives, after what probes told of their logs. Receiving
// ends first: what has arrived is still judged.
func (s *server) runLogs(ctx context.Context) error {
	s.judgeLogs(ctx)
	return rungroup.Stages(ctx,
		[]rungroup.Runner{
			{Name: "syslog", Run: s.syslog.Run},
			{Name: "addresses of hosts", Run: func(ctx context.Context) error { return s.hosts.Run(ctx, s.wantsHosts) }},
		},
		[]rungroup.Runner{{Name: "log rules", Run: s.logs.Run}},
	)
}

// wantsHosts says whether anybody sends lines whose host is looked for.
func (s *server) wantsHosts() bool { return s.current().settings.Logs.Syslog.Enabled() }
