package lvs

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// ask runs ipvsadm to read the table; it must succeed.
func (a *Action) ask(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	r, err := a.deps.Ask(ctx, runner.Command{Path: a.config.Ipvsadm, Args: args})
	if err == nil && r.ExitCode != 0 {
		err = failover.ExitError{Program: "ipvsadm", Code: r.ExitCode, Said: failover.FirstLine(r)}
	}
	return r.Stdout, a.explain(err, args)
}

// change runs ipvsadm to change the table. The error is Unknown when it was
// ended in the middle.
func (a *Action) change(ctx context.Context, command string, real []string) error {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	args := append([]string{command}, a.config.Service.args()...)
	args = append(args, real...)
	_, err := a.deps.Carry(ctx, runner.Command{Path: a.config.Ipvsadm, Args: args})
	return a.explain(err, args)
}

// explain adds the arguments, and what to do, to the error of a run.
func (a *Action) explain(err error, args []string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ipvsadm %s: %w%s", strings.Join(args, " "), err, hint(err))
}

func hint(err error) string {
	switch said := err.Error(); {
	case errors.Is(err, fs.ErrNotExist):
		return " (install ipvsadm on the balancer, and let its probe run this action)"
	case strings.Contains(said, "initialize ipvs"), strings.Contains(said, "Module ip_vs not found"):
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
	rules, err := a.ask(ctx, "-Sn")
	if err != nil {
		return table{}, err
	}
	t, err := parseRules(rules, a.config.Service)
	if err != nil || len(t.entries) == 0 {
		return t, err
	}
	limits, err := a.ask(ctx, "-Ln", "--thresholds")
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
