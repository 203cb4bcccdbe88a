package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"monitord/internal/plugins"
	"monitord/internal/resource"
)

// runResource is the verb resource: its exit codes are those of LSB and OCF.
func runResource(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	fs := flag.NewFlagSet("resource", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // told below
	file := fs.String("config", resource.DefaultFile, "")
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		resourceHelp(stdout)
		return exitOK
	}
	if err == nil && fs.NArg() != 2 {
		err = errors.New("want the name of a resource and what to do with it")
	}
	if err != nil {
		return wrongUsage(stderr, fmt.Errorf("%w: %w", errUsage, err), "resource ")
	}
	name, action := fs.Arg(0), fs.Arg(1)
	r, cfg, err := resource.Find(*file, name)
	if err != nil {
		fmt.Fprintf(stderr, "probe: %v\n", err)
		return notFound(action)
	}
	h := &resource.Handler{Resource: r, Systemctl: cfg.Systemctl, Environ: resourceEnviron(os.Environ())}
	state, code, err := h.Do(ctx, action)
	if errors.Is(err, resource.ErrAction) {
		return wrongUsage(stderr, fmt.Errorf("%w: %w", errUsage, err), "resource ")
	}
	if err != nil {
		fmt.Fprintf(stderr, "probe: resource %s: %v\n", name, err)
	}
	fmt.Fprintln(stdout, state.Word())
	return code
}

// notFound is the exit code of an action on what is not listed: nothing is known
// of it, and it must not look stopped.
func notFound(action string) int {
	if action == resource.Status {
		return resource.CodeStatusUnknown
	}
	if action == resource.Monitor {
		return resource.CodeFailed
	}
	return resource.CodeNotInstalled
}

// resourceEnviron is what scripts inherit: a PATH of its own, and what the
// cluster manager says about itself.
func resourceEnviron(environ []string) []string {
	out := plugins.Environment()
	for _, kv := range environ {
		if strings.HasPrefix(kv, "HA_") || strings.HasPrefix(kv, "OCF_") {
			out = append(out, kv)
		}
	}
	return out
}

func resourceHelp(w io.Writer) {
	fmt.Fprintf(w, `Usage: probe resource [--config FILE] NAME start|stop|status|monitor

Start, stop or ask a resource of a cluster: an init script or a systemd unit
that FILE names (default %s).

Prints running, stopped or unknown. start and stop do nothing when nothing is to
be done, and wait until it is done. Exit codes: 0 done, or running; status: 3
stopped, 4 unknown (LSB); monitor: 7 stopped, 1 unknown (OCF); 1 failed, 2 wrong
usage, 5 not installed.

Example: probe resource postgresql status
`, resource.DefaultFile)
}
