package systemd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"monitord/alerting/failover"
	"monitord/internal/runner"
)

// unit is what systemd says of one; the values are its own words.
type unit struct {
	Load       string // loaded, not-found, masked, error, bad-setting
	Active     string // active, reloading, inactive, failed, activating, deactivating
	Sub        string // running, dead, exited …
	Result     string // success, exit-code, signal, timeout …
	Invocation string // of its last start; empty: never started
}

// properties are asked for, in systemctl's order of words.
const properties = "LoadState,ActiveState,SubState,Result,InvocationID"

var errNoUnit = errors.New("systemctl show printed no state")

// parseShow reads what `systemctl show -p` prints: KEY=VALUE a line.
func parseShow(out []byte) (unit, error) {
	var u unit
	fields := map[string]*string{"LoadState": &u.Load, "ActiveState": &u.Active, "SubState": &u.Sub, "Result": &u.Result, "InvocationID": &u.Invocation}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if f := fields[key]; f != nil {
			*f = value
		}
	}
	if u.Load == "" || u.Active == "" {
		return unit{}, errNoUnit
	}
	return u, nil
}

// show asks for the unit's state. A unit that does not exist is an answer too.
func (a *action) show(ctx context.Context) (unit, error) {
	r, err := a.deps.Ask(ctx, runner.Command{Path: a.cfg.Systemctl, Args: []string{"show", "--no-pager", "-p", properties, "--", a.cfg.Unit}})
	if err != nil {
		return unit{}, err
	}
	if r.ExitCode != 0 {
		return unit{}, failover.ExitError{Program: "systemctl", Code: r.ExitCode, Said: failover.FirstLine(r)}
	}
	u, err := parseShow(r.Stdout)
	if err != nil {
		return unit{}, fmt.Errorf("%w: %s", err, failover.FirstLine(r))
	}
	return u, nil
}

// String is the state as people know it from `systemctl status`.
func (u unit) String() string { return u.Active + " (" + u.Sub + ")" }

// status is what a state means for a verb. Of restart and reload a state alone
// cannot tell whether they took place.
func (u unit) status(v Verb) failover.Status {
	switch {
	case u.Active == "activating" || u.Active == "deactivating":
		return failover.StatusUnknown
	case v == Stop && u.Active != "active" && u.Active != "reloading":
		return failover.StatusDone
	case v == Stop:
		return failover.StatusUndone
	case u.Active != "active" && u.Active != "reloading":
		return failover.StatusUndone
	case v == Start:
		return failover.StatusDone
	}
	return failover.StatusUnknown
}
