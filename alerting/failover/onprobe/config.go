package onprobe

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"monitord/alerting/failover"
	"monitord/internal/config"
)

// Allowed is one action that the server may ask for.
type Allowed struct {
	Do       *config.Node    `yaml:"do"`    // {KIND: {…}}
	Hosts    []string        `yaml:"hosts"` // that it may act for; empty: any
	Budget   failover.Budget `yaml:"budget"`
	Cooldown time.Duration   `yaml:"cooldown"` // between two starts for the same host
	Deadline time.Duration   `yaml:"deadline"`
	DryRun   bool            `yaml:"dry_run"` // premises are looked at and reported, nothing is done
}

// maxDeadline bounds what the file may say.
const maxDeadline = 10 * time.Minute

// SetNode puts the defaults there before an action is decoded.
func (a *Allowed) SetNode(*config.Node) {
	*a = Allowed{Budget: failover.Budget{Runs: 2, Per: time.Hour}, Cooldown: 10 * time.Minute, Deadline: time.Minute}
}

// Validate reports every fault.
func (a *Allowed) Validate() error {
	var faults []error
	if a.Do == nil || a.Do.Kind != config.Map || len(a.Do.Entries) != 1 {
		faults = append(faults, config.Faultf("do", "exactly one thing is done (want {KIND: {…}})"))
	}
	if a.Budget.Runs < 1 || a.Budget.Runs > 1000 {
		faults = append(faults, config.Faultf("budget.runs", "out of range (got %d; want 1 to 1000)", a.Budget.Runs))
	}
	if a.Budget.Per < time.Minute {
		faults = append(faults, config.Faultf("budget.per", "out of range (got %s; want at least 1m)", config.FormatDuration(a.Budget.Per)))
	}
	if a.Cooldown < 0 {
		faults = append(faults, config.Faultf("cooldown", "it is below 0 (got %s)", config.FormatDuration(a.Cooldown)))
	}
	if a.Deadline < time.Second || a.Deadline > maxDeadline {
		faults = append(faults, config.Faultf("deadline", "out of range (got %s; want 1s to %s)", config.FormatDuration(a.Deadline), config.FormatDuration(maxDeadline)))
	}
	return errors.Join(faults...)
}

// allowed is one action, made.
type allowed struct {
	Allowed
	action failover.Action
}

// read makes the actions that a probe's file names. Each gets a folder of its own
// below dir. An error names file, line and column.
func read(file, dir string, kinds []failover.Kind, deps failover.Deps) (map[string]allowed, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	root, err := config.ParseBytes(file, raw)
	if err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	var list map[string]Allowed
	if err := config.Decode(root.Get("actions"), "actions", &list); err != nil {
		return nil, fmt.Errorf("read actions: %w", err)
	}
	made := map[string]allowed{}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(list)) {
		action, err := makeOne(list[name], config.KeyPath("actions", name), filepath.Join(dir, name), kinds, deps)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		made[name] = allowed{list[name], action}
	}
	return made, errors.Join(faults...)
}

func makeOne(a Allowed, path, dir string, kinds []failover.Kind, deps failover.Deps) (failover.Action, error) {
	entry := a.Do.Entries[0]
	var names []string
	for _, k := range kinds {
		if names = append(names, k.Name); k.Name != entry.Key {
			continue
		}
		options, err := failover.Options(k, entry.Value, path+".do."+k.Name)
		if err != nil {
			return nil, err
		}
		deps.Dir = dir
		action, err := k.New(options, deps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		return action, nil
	}
	return nil, config.Faults{{Place: entry.Place, Path: path + ".do." + entry.Key, Problem: "unknown kind of action (want one of " + strings.Join(names, ", ") + ")"}}
}

// trusted says why a file cannot say what may be done on this machine: it, and
// the folder that it can be replaced in, must be root's and writable by nobody
// else.
func trusted(file string) error {
	for _, path := range []string{file, filepath.Dir(file)} {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("look at %s: %w", path, err)
		}
		if err := rootsOwn(info); err != nil {
			return fmt.Errorf("%s %w: no action is carried out (chown root %s; chmod go-w %s)", path, err, path, path)
		}
	}
	return nil
}

func rootsOwn(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || stat.Uid != 0:
		return errors.New("does not belong to root")
	case info.Mode().Perm()&0o022 != 0:
		return errors.New("may be written by others than root")
	}
	return nil
}
