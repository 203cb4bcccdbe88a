package main

import (
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"monitord/alerting/failover"
	failoverbuiltin "monitord/alerting/failover/builtin"
	"monitord/alerting/failover/onprobe"
	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/collectors/builtin"
	"monitord/collectors/host"
	"monitord/collectors/snmp/mib"
	"monitord/internal/agent"
	"monitord/internal/agent/assigned"
	"monitord/internal/agent/watched"
	"monitord/internal/icmp"
	"monitord/internal/logkeys"
	"monitord/internal/plugins"
	"monitord/internal/rungroup"
	"monitord/internal/runner"
	"monitord/internal/version"
)

// runFlags is the daemon.
func runFlags(fs *flag.FlagSet) func(*env) error {
	config := fs.String("config", "", "`FILE` written by enroll: probe.yaml")
	verbose := fs.Bool("verbose", false, "log each run too")
	fs.BoolVar(verbose, "v", false, "short for --verbose")
	return func(e *env) error {
		if *config == "" {
			return fmt.Errorf("%w: --config is missing", errUsage)
		}
		level := slog.LevelInfo
		if *verbose {
			level = slog.LevelDebug
		}
		return daemon(e, *config, slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level})))
	}
}

func daemon(e *env, config string, log *slog.Logger) error {
	beModest()
	cfg, err := agent.ReadConfig(config)
	if err != nil {
		return err
	}
	list, err := builtin.Collectors(builtin.Options{Host: host.Options{Logger: log, MountTimeout: mountTimeout}})
	if err != nil {
		return err
	}
	pinger := icmp.NewShared()
	actor, err := allowedActions(config, cfg, log)
	if err != nil {
		return err
	}
	watcher := assignedLogs(config, cfg, log)
	a, err := agent.New(cfg, agent.Deps{
		Logger: log, Now: time.Now, Collectors: append(list, watcher), Runner: assignedChecks(cfg, pinger, log),
		Actor: actor, Watcher: watcher, Version: version.String(),
	})
	if err != nil {
		return err
	}
	return rungroup.Stages(e.ctx, []rungroup.Runner{{Name: "agent", Run: a.Run}}, []rungroup.Runner{{Name: "ping", Run: pinger.Run}})
}

// secretsDir, in the probe's folder, holds what checks may read as secrets.
const secretsDir = "secrets"

// assignedChecks runs what the server assigns.
func assignedChecks(cfg agent.Config, pinger icmp.Pinger, log *slog.Logger) *assigned.Runner {
	return assigned.New(assigned.Deps{
		Logger: log, Types: local.Types(), Version: version.String(), Secrets: filepath.Join(cfg.Dir, secretsDir),
		Checks: checks.Deps{
			Logger: log, Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{},
			Pinger: pinger, Plugins: plugins.NewPool(cfg.Plugins), Names: snmpNames(cfg, log),
		},
	})
}

// mibsDir, in the probe's folder, is where makers' MIB files lie unless probe.yaml
// says otherwise.
const mibsDir = "mibs"

// snmpNames are those of the standard and of this machine's MIB files, read when a
// check first asks. What is wrong with a file is told once, with its line; what
// could be read is used: measuring goes on.
func snmpNames(cfg agent.Config, log *slog.Logger) func() (*mib.Names, error) {
	return sync.OnceValues(func() (*mib.Names, error) {
		folders := cfg.SNMP.MIBs
		if folders == nil {
			folders = mib.Folders(filepath.Join(cfg.Dir, mibsDir))
		}
		names, err := mib.Load(folders...)
		if err != nil && names != nil {
			log.Warn("mib files have faults; what could be read of them is used", logkeys.Err, err)
			err = nil
		}
		return names, err
	})
}

// logsDir, in the probe's folder, is where it remembers how far logs were read.
const logsDir = "logs"

// assignedLogs follows what the server assigns and this machine's own file allows.
func assignedLogs(file string, cfg agent.Config, log *slog.Logger) *watched.Watcher {
	return watched.New(watched.Deps{
		Logger: log, Now: time.Now, Dir: filepath.Join(cfg.Dir, logsDir), Allow: cfg.Logs.Allow, File: file,
	})
}

// allowedActions carries out what this machine's own file allows, and refuses
// everything else.
func allowedActions(file string, cfg agent.Config, log *slog.Logger) (*onprobe.Actor, error) {
	return onprobe.New(file, cfg.Dir, onprobe.Deps{
		Logger: log, Now: time.Now, Kinds: failoverbuiltin.Kinds(),
		Action: failover.Deps{Logger: log, Now: time.Now, Dialer: &net.Dialer{}, Run: runner.Run},
	})
}

// mountTimeout lets one hanging file system be left out and the others still be
// measured within a collector's deadline.
const mountTimeout = 500 * time.Millisecond

// beModest keeps the daemon small beside what the machine is there for: it never
// uses more than one processor, and collects its garbage early, which costs
// microseconds at this size. The memory limit is a soft one, far above what is
// needed, for a catch-up after a long absence of the server. The variables of
// the Go runtime override.
func beModest() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(32 << 20)
	}
}
