package host

import (
	"context"
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"monitord/collectors"
)

// processes counts the folders of /proc that are processes.
type processes struct {
	proc string
	buf  []byte
}

func newProcesses(o Options) *processes {
	return &processes{proc: o.Proc, buf: make([]byte, 32<<10)}
}

// Name is "processes".
func (*processes) Name() string { return "processes" }

// Collect counts names that are numbers. It reads raw directory entries: a
// string for each of ten thousand processes every ten seconds would be waste.
func (c *processes) Collect(ctx context.Context, sink collectors.Sink) error {
	fd, err := unix.Open(c.proc, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", c.proc, err)
	}
	defer unix.Close(fd) //nolint:errcheck // read only
	pids := 0
	for ctx.Err() == nil {
		n, err := unix.ReadDirent(fd, c.buf)
		if err != nil {
			return fmt.Errorf("read %s: %w", c.proc, err)
		}
		if n <= 0 {
			sink.Add("node_processes_pids", float64(pids))
			return nil
		}
		pids += countNumbers(c.buf[:n])
	}
	return ctx.Err()
}

// countNumbers counts entries of getdents64(2) whose name starts with a digit:
// in /proc these are the processes. An entry is inode (8 bytes), offset (8),
// its own length (2), type (1) and the name.
func countNumbers(b []byte) int {
	n := 0
	for len(b) > 19 {
		length := int(binary.NativeEndian.Uint16(b[16:]))
		if length <= 19 || length > len(b) {
			return n
		}
		if c := b[19]; c >= '0' && c <= '9' {
			n++
		}
		b = b[length:]
	}
	return n
}
