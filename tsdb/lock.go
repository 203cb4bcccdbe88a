package tsdb

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// lockDir takes the directory for this process until the file is closed; the
// kernel frees it when the process dies. The file holds the owner's process id
// for the message to the second one.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "server.lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock %s: %w", path, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		owner, _ := os.ReadFile(path)
		return nil, fmt.Errorf("lock %s: %w (process %s; stop it or choose another directory)", path, ErrLocked, strings.TrimSpace(string(owner)))
	}
	// Best effort: on a full disk the id may be missing, the lock holds all the same.
	if err := f.Truncate(0); err == nil {
		_, _ = fmt.Fprintf(f, "%d\n", os.Getpid())
	}
	return f, nil
}
