package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/internal/health"
	"monitord/internal/icmp"
	"monitord/internal/plugins"
	"monitord/internal/rungroup"
)

// healthFlags is the verb health, made for heartbeat's respawn.
func healthFlags(fs *flag.FlagSet) func(*env) error {
	config := fs.String("config", "", "`FILE` that says what to watch and how to give up (docs/clusters.md)")
	check := fs.Bool("check", false, "only read the file, and report every fault of it")
	return func(e *env) error {
		if *config == "" {
			return fmt.Errorf("%w: --config is missing", errUsage)
		}
		cfg, list, err := health.Load(*config, local.Types())
		if err != nil || *check {
			return err
		}
		code, err := watchNode(e.ctx, cfg, list, e.stderr)
		if err != nil {
			fmt.Fprintf(e.stderr, "probe: %v\n", err)
		}
		return exitCode(code)
	}
}

// watchNode runs the watch of this node to its end.
func watchNode(ctx context.Context, cfg health.Config, list []health.Check, stderr io.Writer) (int, error) {
	beModest()
	log, closeLog, err := healthLog(cfg.Log, stderr)
	if err != nil {
		return exitFail, err
	}
	defer closeLog()
	pinger := icmp.NewShared()
	w, err := health.New(cfg, list, health.Deps{
		Logger: log, Now: time.Now, Addresses: addresses, Environ: giveUpEnviron(os.Environ()),
		Checks: checks.Deps{
			Logger: log, Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{},
			Pinger: pinger, Plugins: plugins.NewPool(cfg.Plugins),
		},
	})
	if err != nil {
		return exitFail, err
	}
	code := exitFail
	err = rungroup.Stages(ctx,
		[]rungroup.Runner{{Name: "health", Run: func(ctx context.Context) (err error) {
			code, err = w.Run(ctx)
			return err
		}}},
		[]rungroup.Runner{{Name: "ping", Run: pinger.Run}},
	)
	if err != nil {
		log.Error("health ends", slog.Any(errKey, err))
	}
	return code, err
}

// giveUpEnviron is what the give-up command inherits: a PATH of its own, and
// what heartbeat told us about itself.
func giveUpEnviron(environ []string) []string {
	out := plugins.Environment()
	for _, kv := range environ {
		if strings.HasPrefix(kv, "HA_") {
			out = append(out, kv)
		}
	}
	return out
}

// addresses lists the addresses of this machine.
func addresses() ([]netip.Addr, error) {
	list, err := net.InterfaceAddrs()
	if err != nil {
		return nil, err
	}
	var out []netip.Addr
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(n.IP); ok {
				out = append(out, addr)
			}
		}
	}
	return out, nil
}
