package keepalived

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/text"
)

// Kind is the action as the builtin list names it.
func Kind() failover.Kind {
	return failover.Kind{
		Name: "keepalived", Summary: "lowers this machine's VRRP priority, so that another one takes the address", Sample: Sample,
		Config: func() failover.Config { c := DefaultConfig(); return &c },
		New: func(c failover.Config, deps failover.Deps) (failover.Action, error) {
			return New(*c.(*Config), deps), nil
		},
	}
}

// Action writes one track file.
type Action struct {
	cfg  Config
	deps failover.Deps
}

// New makes the action; cfg is valid.
func New(cfg Config, deps failover.Deps) *Action { return &Action{cfg: cfg, deps: deps} }

// Resource is the file.
func (a *Action) Resource() string { return "keepalived " + a.cfg.File }

// Premises looks whether keepalived runs here and the file holds what it should:
// nobody else uses it for something.
func (a *Action) Premises(_ context.Context, r failover.Request) ([]failover.Premise, error) {
	var list []failover.Premise
	if err := keepalivedRuns(a.cfg.PIDFile); err != nil {
		list = append(list, a.deps.Premise("keepalived-runs", false, text.M("keepalived.stopped", text.Str("detail", err.Error()))))
	} else {
		list = append(list, a.deps.Premise("keepalived-runs", true, text.M("keepalived.running")))
	}
	want := a.cfg.Restore
	if r.Undo {
		want = a.cfg.Value
	}
	n, err := readTrack(a.cfg.File)
	if err != nil {
		return list, err
	}
	list = append(list, a.deps.Premise("track-file", n == want, text.M("keepalived.file", text.Str("file", a.cfg.File), text.Int("value", n), text.Int("want", want))))
	if a.cfg.Address == "" {
		return list, nil
	}
	here, err := hasAddress(a.cfg.Address)
	if err != nil {
		return list, err
	}
	found := text.M("keepalived.elsewhere", text.Str("address", a.cfg.Address))
	if here {
		found = text.M("keepalived.here", text.Str("address", a.cfg.Address))
	}
	return append(list, a.deps.Premise("address", true, found)), nil // a broken backup must step back too
}

// keepalivedRuns looks for the process whose number is in the file.
func keepalivedRuns(pidFile string) error {
	raw, err := os.ReadFile(pidFile)
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil || pid < 1 {
		return fmt.Errorf("%s holds no process number", pidFile)
	}
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm")
	if errors.Is(err, fs.ErrNotExist) || err == nil && strings.TrimSpace(string(name)) != "keepalived" {
		return fmt.Errorf("process %d of %s is not keepalived", pid, pidFile)
	}
	return err
}

// hasAddress reports whether one of this machine's interfaces has an address.
func hasAddress(address string) (bool, error) {
	want, err := netip.ParseAddr(address)
	if err != nil {
		return false, err
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false, err
	}
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Unmap() == want.Unmap() {
				return true, nil
			}
		}
	}
	return false, nil
}

// Do writes value.
func (a *Action) Do(_ context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.put(a.cfg.Value)
}

// Undo writes restore.
func (a *Action) Undo(_ context.Context, _ failover.Request) (failover.Outcome, error) {
	return a.put(a.cfg.Restore)
}

func (a *Action) put(n int) (failover.Outcome, error) {
	began := time.Now()
	if err := writeTrack(a.cfg.File, n); err != nil {
		return failover.Outcome{}, fmt.Errorf("write track file %s: %w", a.cfg.File, err)
	}
	return failover.Outcome{Took: time.Since(began), Detail: text.M("keepalived.written", text.Str("file", a.cfg.File), text.Int("value", n))}, nil
}

// Status reads the file, and looks whether the address has gone. A number that
// is not ours: nobody can say.
func (a *Action) Status(_ context.Context, _ failover.Request) (failover.Status, error) {
	n, err := readTrack(a.cfg.File)
	switch {
	case err != nil:
		return failover.StatusUnknown, err
	case n == a.cfg.Restore:
		return failover.StatusUndone, nil
	case n != a.cfg.Value:
		return failover.StatusUnknown, fmt.Errorf("track file %s holds %d, neither value (%d) nor restore (%d)", a.cfg.File, n, a.cfg.Value, a.cfg.Restore)
	case a.cfg.Address == "":
		return failover.StatusDone, nil
	}
	here, err := hasAddress(a.cfg.Address)
	switch {
	case err != nil:
		return failover.StatusUnknown, err
	case here:
		return failover.StatusUndone, nil
	}
	return failover.StatusDone, nil
}
