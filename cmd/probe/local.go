package main

import (
	"context"
	"io"

	"monitord/checks/builtin/local"
	"monitord/internal/checkcli"
	sarcli "monitord/internal/sar/cli"
)

// runSar is the verb sar, with sar's own options.
func runSar(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return sarcli.Run(ctx, args, stdout, stderr)
}

// runCheck is the verb check: each kind of check has options of its own.
func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return checkcli.Run(ctx, args, local.Types(), stdout, stderr)
}
