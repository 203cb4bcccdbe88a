package file

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Bounds of one run.
const (
	maxFiles  = 10000 // that a pattern may name
	maxOpened = 100   // whose content is read
)

// seen is one file.
type seen struct {
	path     string
	info     fs.FileInfo
	uid, gid uint32
	content  []byte // at most MaxRead bytes; nil unless it was asked for
}

// look finds the files. A file that goes away meanwhile is not there.
func (c *Check) look() ([]seen, error) {
	paths, err := filepath.Glob(c.cfg.Path)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 { // Glob passes over what it may not see
		if err := c.hidden(); err != nil {
			return nil, err
		}
	}
	if len(paths) > maxFiles {
		return nil, fmt.Errorf("%s names %d files; at most %d are looked at", c.cfg.Path, len(paths), maxFiles)
	}
	var out []seen
	for _, p := range paths {
		s, err := c.one(p, len(out) < maxOpened)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// hidden says whether nothing was found because we may not look.
func (c *Check) hidden() error {
	_, err := os.Lstat(c.cfg.Path)
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	dir, err := os.Open(filepath.Dir(c.cfg.Path))
	if errors.Is(err, fs.ErrPermission) && filepath.Base(c.cfg.Path) != c.cfg.Path && hasMeta(filepath.Base(c.cfg.Path)) {
		return err
	}
	if err == nil {
		dir.Close()
	}
	return nil
}

func hasMeta(s string) bool {
	for _, r := range s {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			return true
		}
	}
	return false
}

func (c *Check) one(path string, mayOpen bool) (seen, error) {
	info, err := os.Stat(path)
	if err != nil {
		return seen{}, err
	}
	s := seen{path: path, info: info}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.uid, s.gid = sys.Uid, sys.Gid
	}
	if c.cfg.reads() && mayOpen && info.Mode().IsRegular() {
		s.content, err = head(path, c.cfg.MaxRead)
	}
	return s, err
}

// head reads the beginning of a file. Without O_NONBLOCK a pipe put in its
// place meanwhile would hold us.
func head(path string, limit int) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, int64(limit)))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

// owner and group resolve a name; a number stands for itself.
func owner(name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n), nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return 0, fmt.Errorf("owner of the file: %w", err)
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	return uint32(n), err
}

func group(name string) (uint32, error) {
	if n, err := strconv.ParseUint(name, 10, 32); err == nil {
		return uint32(n), nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, fmt.Errorf("group of the file: %w", err)
	}
	n, err := strconv.ParseUint(g.Gid, 10, 32)
	return uint32(n), err
}

// span is the ages of the newest and the oldest file, and the sum of sizes.
func span(files []seen, now time.Time) (newest, oldest time.Duration, bytes int64) {
	for i, f := range files {
		age := now.Sub(f.info.ModTime())
		if i == 0 || age < newest {
			newest = age
		}
		if i == 0 || age > oldest {
			oldest = age
		}
		bytes += f.info.Size()
	}
	return newest, oldest, bytes
}
