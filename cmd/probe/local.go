package main

import (
	"context"
	"io"

	"monitord/checks/builtin/local"
	"monitord/internal/checkcli"
	sarcli "monitord/internal/sar/cli"
)

// sarCmd stands in the help; its arguments are read as sar reads them.
type sarCmd struct {
	Args []string `arg:"" optional:"" help:"Options of sar, interval and count: probe sar -u 1 5"`
}

// checkCmd stands in the help; each kind of check has options of its own.
type checkCmd struct {
	Args []string `arg:"" optional:"" help:"TYPE and its options: probe check http --help"`
}

// ownArguments returns the verb that reads everything after its name itself, and
// has exit codes of its own; nil for the other verbs.
func ownArguments(args []string) func(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		return nil
	}
	switch args[0] {
	case "sar":
		return sarcli.Run
	case "check":
		return runCheck
	}
	return nil
}

func runCheck(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return checkcli.Run(ctx, args, local.Types(), stdout, stderr)
}
