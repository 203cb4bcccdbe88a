package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/builtin/local"
	"monitord/collectors/builtin"
	"monitord/collectors/host"
	"monitord/internal/agent"
	"monitord/internal/agent/assigned"
	"monitord/internal/version"
)

type runCmd struct {
	Config  string `required:"" placeholder:"FILE" type:"path" help:"probe.yaml, as written by enroll."`
	Verbose bool   `short:"v" help:"Log each run too."`
}

// Help is the end of --help.
func (runCmd) Help() string { return "Example: probe run --config /etc/monitord-probe/probe.yaml" }

// Run is the daemon.
func (c runCmd) Run(e *env) error {
	smallMemory()
	cfg, err := agent.ReadConfig(c.Config)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if c.Verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(e.stderr, &slog.HandlerOptions{Level: level}))
	list, err := builtin.Collectors(builtin.Options{Host: host.Options{Logger: log, MountTimeout: mountTimeout}})
	if err != nil {
		return err
	}
	a, err := agent.New(cfg, agent.Deps{
		Logger: log, Now: time.Now, Collectors: list, Runner: assignedChecks(cfg.Dir, log), Version: version.String(),
	})
	if err != nil {
		return err
	}
	return a.Run(e.ctx)
}

// secretsDir, in the probe's folder, holds what checks may read as secrets.
const secretsDir = "secrets"

// assignedChecks runs what the server assigns.
func assignedChecks(dir string, log *slog.Logger) *assigned.Runner {
	return assigned.New(assigned.Deps{
		Logger: log, Types: local.Types(), Version: version.String(), Secrets: filepath.Join(dir, secretsDir),
		Checks: checks.Deps{Logger: log, Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{}},
	})
}

// mountTimeout lets one hanging file system be left out and the others still be
// measured within a collector's deadline.
const mountTimeout = 500 * time.Millisecond

type enrollCmd struct {
	Server    string `required:"" placeholder:"URL" help:"Where the server listens for probes: https://HOST:PORT."`
	TokenFile string `required:"" placeholder:"FILE|-" help:"File with the token of 'monitord probe add HOST', or - for standard input."`
	Dir       string `default:"/etc/monitord-probe" placeholder:"DIR" type:"path" help:"Where certificate, key, CA, probe.yaml and the spool live (${default})."`
}

// Help is the end of --help.
func (enrollCmd) Help() string {
	return "Example: probe enroll --server https://monitor.example.net:8461 --token-file token.txt --dir /etc/monitord-probe"
}

// Run enrols this machine.
func (c enrollCmd) Run(e *env) error {
	token, err := c.token(e.stdin)
	if err != nil {
		return err
	}
	host, err := agent.Enroll(e.ctx, c.Server, token, c.Dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "This machine is %s now. Next: probe run --config %s\n", host, filepath.Join(c.Dir, agent.ConfigFile))
	return err
}

func (c enrollCmd) token(stdin io.Reader) (string, error) {
	in := stdin
	if c.TokenFile != "-" {
		f, err := os.Open(c.TokenFile)
		if err != nil {
			return "", fmt.Errorf("read token: %w", err)
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
