package checkcli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"monitord/checks"
	"monitord/collectors/snmp/mib"
	"monitord/internal/plugins"
	"monitord/internal/text"
)

// exitUsage is UNKNOWN: a monitoring system must not take wrong usage for a
// state of the service.
const exitUsage = 3

// Run runs one check and returns the exit code: 0 OK, 1 WARNING, 2 CRITICAL,
// 3 UNKNOWN or wrong usage. args begin with the type's name.
func Run(ctx context.Context, args []string, types []checks.Type, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
		out, code := stderr, exitUsage
		if len(args) > 0 {
			out, code = stdout, 0
		}
		usage(out, types)
		return code
	}
	kind, ok := lookup(types, args[0])
	if !ok {
		fmt.Fprintf(stderr, "unknown check type %q (types: %s)\n", args[0], names(types))
		return exitUsage
	}
	cmd, err := parse(kind, args[1:])
	if err != nil {
		fmt.Fprintf(stderr, "%v\nsee: check %s --help\n", err, kind.Name)
		return exitUsage
	}
	if cmd.help {
		typeHelp(stdout, kind)
		return 0
	}
	results := ask(ctx, cmd)
	if cmd.json {
		return writeJSON(stdout, cmd, results)
	}
	return writePlugin(stdout, cmd, results)
}

func lookup(types []checks.Type, name string) (checks.Type, bool) {
	for _, t := range types {
		if t.Name == name {
			return t, true
		}
	}
	return checks.Type{}, false
}

func names(types []checks.Type) string {
	var all []string
	for _, t := range types {
		all = append(all, t.Name)
	}
	return strings.Join(all, " ")
}

// ask builds and runs the check; an error becomes UNKNOWN.
func ask(ctx context.Context, cmd command) []checks.Result {
	ctx, cancel := context.WithTimeout(ctx, cmd.timeout)
	defer cancel()
	check, err := cmd.kind.New(cmd.config, checks.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
		Dialer: &net.Dialer{KeepAlive: -1}, Resolver: &net.Resolver{},
		Plugins: plugins.NewPool(plugins.DefaultConfig()), Names: sync.OnceValues(mib.Default),
	})
	if err != nil {
		return failed(err)
	}
	results, err := guarded(ctx, check, checks.Target{Host: cmd.host, Address: cmd.host})
	if err != nil {
		return failed(err)
	}
	return results
}

var errPanic = errors.New("the check panicked")

func guarded(ctx context.Context, check checks.Check, target checks.Target) (results []checks.Result, err error) {
	defer func() {
		if p := recover(); p != nil {
			results, err = nil, fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return check.Run(ctx, target)
}

func failed(err error) []checks.Result {
	return []checks.Result{{State: checks.Unknown, Reason: checks.ReasonInternal, Summary: text.M("check.error", text.Str("detail", err.Error()))}}
}
