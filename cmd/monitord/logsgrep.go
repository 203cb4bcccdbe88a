package main

import (
	"path/filepath"
	"time"

	"monitord/internal/logkeep"
	"monitord/internal/logwatch"
)

// logsGrepCmd searches whole logs that were kept.
type logsGrepCmd struct {
	dataFlag
	Host  string `help:"Only of this host." placeholder:"HOST"`
	File  string `help:"Only of this file; * and ? as in a shell, for the path or for its name." placeholder:"PATTERN"`
	Since string `help:"From then on: 2h or 7d ago, or '2026-11-22 02:00'." placeholder:"TIME"`
	Until string `help:"Until then." placeholder:"TIME"`
	Limit int    `help:"At most so many lines; 0 is no limit." default:"0"`
	JSON  bool   `help:"Print a JSON object a line."`
	Expr  string `arg:"" optional:"" help:"Expression (RE2) that lines must match; without one, every line."`
}

// Help is the end of --help.
func (logsGrepCmd) Help() string {
	return "Example: monitord logs grep --host db1 --since 7d 'Out of memory'\nIt needs no running server. Exit code 1: there was no such line."
}

// Run reads the folder of the server.
func (c logsGrepCmd) Run(e *env) error {
	report, err := logkeep.Print(e.ctx, e.stdout, filepath.Join(c.Data, logsFolder, logwatch.KeptDir),
		logkeep.Ask{Host: c.Host, File: c.File, Since: c.Since, Until: c.Until, Expr: c.Expr, Limit: c.Limit, JSON: c.JSON}, time.Now())
	if err == nil && report.Lines == 0 {
		return exitCode(exitFailure)
	}
	return err
}
