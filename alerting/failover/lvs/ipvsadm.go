package lvs

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// maxTable bounds what is read of the table, in bytes: some ten thousand servers.
const maxTable = 1 << 20

// environment is all that ipvsadm gets: it may call modprobe.
var environment = [...]string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}

// run runs ipvsadm once. What has changes is Unknown when it was cut off.
func (a *Action) run(ctx context.Context, changes bool, args ...string) ([]byte, error) {
	res, err := a.deps.Run(ctx, runner.Command{
		Path: a.config.Ipvsadm, Args: args, Env: environment[:], Timeout: a.config.Timeout, MaxOutput: maxTable,
	})
	if err != nil {
		return nil, fmt.Errorf("%w (install ipvsadm on the balancer, and let its probe run this action)", err)
	}
	said := strings.TrimSpace(string(res.Stderr))
	if len(said) > 300 {
		said = strings.ToValidUTF8(said[:300], "") + "…"
	}
	line := "ipvsadm " + strings.Join(args, " ")
	switch {
	case res.TimedOut || res.Signal != "":
		err = fmt.Errorf("%s: ended by %s after %s: %s", line, orDeadline(res.Signal), res.Took, said)
		if changes {
			err = failover.Unknown{Err: err}
		}
	case res.ExitCode != 0:
		err = fmt.Errorf("%s: exit code %d: %s%s", line, res.ExitCode, said, hint(said))
	case res.StdoutDropped > 0:
		err = fmt.Errorf("%s: its table is longer than %d bytes", line, maxTable)
	}
	return res.Stdout, err
}

func orDeadline(signal string) string {
	if signal == "" {
		return "the deadline"
	}
	return "signal " + signal
}

func hint(said string) string {
	switch {
	case strings.Contains(said, "initialize ipvs"):
		return " (this machine is no balancer: load ip_vs there, or let the balancer's probe run this action)"
	case strings.Contains(said, "ermission denied"):
		return " (run as root, or with CAP_NET_ADMIN)"
	case strings.Contains(said, "o such service"), strings.Contains(said, "Service not defined"):
		return " (set the virtual service up first)"
	}
	return ""
}

// read is the service as the kernel has it now.
func (a *Action) read(ctx context.Context) (table, error) {
	rules, err := a.run(ctx, false, "-Sn")
	if err != nil {
		return table{}, err
	}
	t, err := parseRules(rules, a.config.Service)
	if err != nil || len(t.entries) == 0 {
		return t, err
	}
	limits, err := a.run(ctx, false, "-Ln", "--thresholds")
	if err != nil {
		return table{}, err
	}
	return t, t.addThresholds(limits, a.config.Service)
}

var errNoService = errors.New("there is no such virtual service (set it up first, or correct service)")

// service is read, and an error when there is none.
func (a *Action) service(ctx context.Context) (table, error) {
	t, err := a.read(ctx)
	if err == nil && !t.found {
		err = fmt.Errorf("%s: %w", a.config.Service, errNoService)
	}
	return t, err
}

func (a *Action) add(ctx context.Context, e entry, weight int) error {
	return a.change(ctx, "-a", e.args(weight))
}

func (a *Action) edit(ctx context.Context, e entry, weight int) error {
	return a.change(ctx, "-e", e.args(weight))
}

func (a *Action) remove(ctx context.Context, e entry) error {
	return a.change(ctx, "-d", []string{"-r", e.At.String()})
}

func (a *Action) change(ctx context.Context, command string, real []string) error {
	args := append([]string{command}, a.config.Service.args()...)
	_, err := a.run(ctx, true, append(args, real...)...)
	return err
}
