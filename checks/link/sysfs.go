package link

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"
)

// state is what sysfs says of an interface.
type state struct {
	there     bool
	on        bool // switched on: `ip link set … up`
	carrier   bool
	operstate string
	speed     int // Mbit/s; -1 when the driver does not say
	changes   int // of the carrier since the interface came; -1 before Linux 3.15
}

// read reads an interface's files below /sys/class/net.
func read(root fs.FS, name string) (state, error) {
	s := state{speed: -1, changes: -1}
	operstate, err := fs.ReadFile(root, path.Join(name, "operstate"))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return s, fmt.Errorf("read interface %s: %w", name, err)
	}
	s.there, s.operstate = true, strings.TrimSpace(string(operstate))
	// Reading carrier of an interface that is switched off is EINVAL.
	carrier, err := fs.ReadFile(root, path.Join(name, "carrier"))
	switch {
	case errors.Is(err, syscall.EINVAL):
		return s, nil
	case errors.Is(err, fs.ErrNotExist): // it went away meanwhile
		return state{speed: -1, changes: -1}, nil
	case err != nil:
		return s, fmt.Errorf("read carrier of interface %s: %w", name, err)
	}
	s.on, s.carrier = true, strings.TrimSpace(string(carrier)) == "1"
	s.speed = number(root, path.Join(name, "speed"))
	s.changes = number(root, path.Join(name, "carrier_changes"))
	return s, nil
}

// number reads a file that holds a number; -1 when it does not, or the driver
// answers with an error, as loopback does about its speed.
func number(root fs.FS, name string) int {
	b, err := fs.ReadFile(root, name)
	if err != nil {
		return -1
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 31)
	if err != nil {
		return -1
	}
	return int(n)
}
