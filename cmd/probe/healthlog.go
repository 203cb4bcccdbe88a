package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"log/syslog"

	"monitord/internal/health"
	"monitord/internal/logkeys"
)

const errKey = logkeys.Err

// healthLog is where `probe health` writes: heartbeat closes the output of what
// it respawns, so that only syslog keeps it there.
func healthLog(where string, stderr io.Writer) (*slog.Logger, func(), error) {
	if where != health.LogSyslog {
		return slog.New(slog.NewTextHandler(stderr, nil)), func() {}, nil
	}
	w, err := syslog.New(syslog.LOG_DAEMON|syslog.LOG_INFO, "probe-health")
	if err != nil {
		return nil, nil, fmt.Errorf("open syslog: %w (log: stderr does without)", err)
	}
	return slog.New(newSyslogHandler(w)), func() { _ = w.Close() }, nil // a socket without a buffer
}

// writer makes an io.Writer of one of syslog's methods.
type writer func(string) error

func (f writer) Write(b []byte) (int, error) { return len(b), f(string(b)) }

// syslogHandler gives each record to syslog with its severity, without time and
// level, which syslog knows.
type syslogHandler struct {
	info, warn, err slog.Handler
}

func newSyslogHandler(w *syslog.Writer) syslogHandler {
	text := func(f writer) slog.Handler {
		return slog.NewTextHandler(f, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
				return slog.Attr{}
			}
			return a
		}})
	}
	return syslogHandler{info: text(w.Info), warn: text(w.Warning), err: text(w.Err)}
}

func (h syslogHandler) of(level slog.Level) slog.Handler {
	switch {
	case level >= slog.LevelError:
		return h.err
	case level >= slog.LevelWarn:
		return h.warn
	}
	return h.info
}

// Enabled, Handle, WithAttrs and WithGroup are slog.Handler's.
func (h syslogHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.of(level).Enabled(ctx, level)
}

// Handle writes a record.
func (h syslogHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.of(r.Level).Handle(ctx, r)
}

// WithAttrs adds attributes.
func (h syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return syslogHandler{h.info.WithAttrs(attrs), h.warn.WithAttrs(attrs), h.err.WithAttrs(attrs)}
}

// WithGroup opens a group.
func (h syslogHandler) WithGroup(name string) slog.Handler {
	return syslogHandler{h.info.WithGroup(name), h.warn.WithGroup(name), h.err.WithGroup(name)}
}
