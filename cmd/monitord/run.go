package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"monitord/internal/logkeys"
	"monitord/internal/rungroup"
)

// runCmd is the server.
type runCmd struct {
	dataFlag
	Config  string `help:"Configuration file or directory; without one the embedded default serves." placeholder:"FILE|DIR"`
	Listen  string `help:"Where pages and API are served; instead of the configuration's listen." placeholder:"ADDR"`
	Verbose bool   `short:"v" help:"Log every run of a check too."`
}

// Help is the end of --help.
func (runCmd) Help() string {
	return "Example: monitord run --config /etc/monitord --data /var/lib/monitord\nSIGHUP reads the configuration again: all of it or nothing."
}

// Run serves until the context ends or a part fails.
func (c runCmd) Run(e *env) error {
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	load := func() (*settings, error) {
		s, err := loadSettings(c.Config)
		if err == nil && c.Listen != "" {
			s.HTTP.Listen = c.Listen
		}
		return s, err
	}
	first, err := load()
	if err != nil {
		return err
	}
	s, err := newServer(e.ctx, first, c.Data, log)
	if err != nil {
		return err
	}
	s.load = load
	defer s.close()
	hup := rungroup.Runner{Name: "reload", Run: func(ctx context.Context) error { return reloadOnHangup(ctx, s) }}
	return rungroup.Stages(e.ctx, append(s.takers(), hup), s.judges(), s.keepers())
}

// reloadOnHangup reads the configuration again at each SIGHUP. A faulty one
// changes nothing.
func reloadOnHangup(ctx context.Context, s *server) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	defer signal.Stop(signals)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-signals:
			if err := s.reloadNow(); err != nil {
				s.log.Error("configuration is faulty, the old one stays", logkeys.Err, err)
			}
		}
	}
}

// reloadNow reads the configuration again and puts it in force.
func (s *server) reloadNow() error {
	fresh, err := s.load()
	if err == nil {
		err = s.reload(fresh)
	}
	if err != nil {
		s.reloads.WithLabelValues("refused").Inc()
		return err
	}
	s.log.Info("configuration is in force", logkeys.Count, len(s.current().inventory.Hosts))
	s.reloads.WithLabelValues("taken").Inc()
	return nil
}
