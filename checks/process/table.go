package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// proc is one process as /proc shows it.
type proc struct {
	pid     int
	comm    string // at most 15 bytes
	state   byte
	ticks   uint64 // user and system time, in 1/100 s (USER_HZ)
	started uint64 // ticks after boot: with the pid it identifies a process
	pages   uint64 // resident
}

// errStat says that a line is no /proc/PID/stat.
var errStat = errors.New("parse /proc/PID/stat: not enough fields")

// parseStat reads /proc/PID/stat. The name stands in parentheses and may hold
// blanks and parentheses itself: the last ')' ends it.
func parseStat(b []byte) (proc, error) {
	open, shut := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 1 || shut < open {
		return proc{}, errStat
	}
	pid, err := strconv.Atoi(string(bytes.TrimSpace(b[:open])))
	if err != nil {
		return proc{}, errStat
	}
	f := bytes.Fields(b[shut+1:])
	const state, utime, stime, start, rss = 0, 11, 12, 19, 21 // fields 3, 14, 15, 22, 24 of proc_pid_stat(5)
	if len(f) <= rss || len(f[state]) != 1 {
		return proc{}, errStat
	}
	p := proc{pid: pid, comm: string(b[open+1 : shut]), state: f[state][0]}
	var user, system uint64
	for _, n := range []struct {
		field int
		into  *uint64
	}{{utime, &user}, {stime, &system}, {start, &p.started}, {rss, &p.pages}} {
		if *n.into, err = strconv.ParseUint(string(f[n.field]), 10, 63); err != nil {
			return proc{}, errStat
		}
	}
	p.ticks = user + system
	return p, nil
}

// table reads the processes below a /proc.
type table struct {
	root string
	buf  []byte
}

// each calls visit for every process; one that ends meanwhile is passed over.
func (t *table) each(ctx context.Context, visit func(proc)) error {
	dir, err := os.Open(t.root)
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	names, err := dir.Readdirnames(-1)
	dir.Close()
	if err != nil {
		return fmt.Errorf("list processes: %w", err)
	}
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		b, err := t.read(filepath.Join(t.root, name, "stat"))
		if err != nil {
			continue // it ended
		}
		p, err := parseStat(b)
		if err != nil {
			return fmt.Errorf("process %s: %w", name, err)
		}
		visit(p)
	}
	return nil
}

// read returns the beginning of a file, valid until the next read.
func (t *table) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if t.buf == nil {
		t.buf = make([]byte, 16<<10)
	}
	n, err := io.ReadFull(f, t.buf)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return t.buf[:n], err
}

// cmdline is a process's command line with blanks between its arguments; ""
// for a kernel thread or one that ended.
func (t *table) cmdline(pid int) string {
	b, err := t.read(filepath.Join(t.root, strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return ""
	}
	return string(bytes.ReplaceAll(bytes.TrimRight(b, "\x00"), []byte{0}, []byte{' '}))
}

// owner is a process's effective user.
func (t *table) owner(pid int) (uid uint32, ok bool) {
	info, err := os.Stat(filepath.Join(t.root, strconv.Itoa(pid)))
	if err != nil {
		return 0, false
	}
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return s.Uid, true
}
