package main

import (
	"context"
	"log/slog"
)

// libraryLogger is log for a room whose library tells of its every step: what is
// below a warning shows only with --verbose.
func libraryLogger(log *slog.Logger) *slog.Logger {
	return slog.New(demoted{log.Handler()})
}

// demoted shows information as debugging.
type demoted struct{ slog.Handler }

// Enabled asks for the level that Handle writes.
func (d demoted) Enabled(ctx context.Context, level slog.Level) bool {
	return d.Handler.Enabled(ctx, demote(level))
}

// Handle writes the record at its own level: Enabled has decided.
func (d demoted) Handle(ctx context.Context, r slog.Record) error { return d.Handler.Handle(ctx, r) }

// WithAttrs keeps the demotion.
func (d demoted) WithAttrs(attrs []slog.Attr) slog.Handler {
	return demoted{d.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the demotion.
func (d demoted) WithGroup(name string) slog.Handler { return demoted{d.Handler.WithGroup(name)} }

func demote(level slog.Level) slog.Level {
	if level == slog.LevelInfo {
		return slog.LevelDebug
	}
	return level
}
