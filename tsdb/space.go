package tsdb

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

const ballastName = "ballast"

// statfsFree returns the bytes that an unprivileged writer can still use.
func statfsFree(dir string) (uint64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return st.Bavail * uint64(st.Bsize), nil
}

// dropBallast gives the reserve back to the disk.
func dropBallast(dir string) error {
	if err := os.Remove(filepath.Join(dir, ballastName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete ballast: %w", err)
	}
	return nil
}

// makeBallast puts the reserve in place. fallocate, not a sparse file: the
// blocks must really be ours. A smaller file left by other options is replaced.
func makeBallast(dir string, size int64) error {
	path := filepath.Join(dir, ballastName)
	if st, err := os.Stat(path); err == nil && st.Size() == size && allocated(st) >= size {
		return nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("create ballast %s: %w", path, err)
	}
	err = errors.Join(allocate(f, size), f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("fill ballast %s: %w", path, err), dropBallast(dir))
	}
	return nil
}

func allocated(st fs.FileInfo) int64 {
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		return sys.Blocks * 512
	}
	return 0
}

// allocate reserves size bytes; where fallocate is unknown it writes them.
func allocate(f *os.File, size int64) error {
	err := unix.Fallocate(int(f.Fd()), 0, 0, size)
	if !errors.Is(err, unix.EOPNOTSUPP) && !errors.Is(err, unix.ENOSYS) {
		return err
	}
	buf := make([]byte, 1<<20)
	for left := size; left > 0; left -= int64(len(buf)) {
		if _, err := f.Write(buf[:min(left, int64(len(buf)))]); err != nil {
			return err
		}
	}
	return nil
}
