package main

import (
	"context"
	"io"

	"monitord/checks/builtin"
	"monitord/internal/checkcli"
)

// checkCmd stands in the help; its arguments are read by runCheck.
type checkCmd struct {
	Args []string `arg:"" optional:"" help:"TYPE and its options: monitord check http --help"`
}

// runCheck is the verb `check`: a Nagios plugin.
func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return checkcli.Run(ctx, args, builtin.Types(), stdout, stderr)
}
