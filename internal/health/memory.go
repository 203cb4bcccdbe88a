package health

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"monitord/internal/pki"
	"monitord/internal/procfs"
	"monitord/internal/wire"
)

// bootIDFile is where the kernel says which boot this is.
const bootIDFile = "/proc/sys/kernel/random/boot_id"

// maxMemory bounds the file, in bytes.
const maxMemory = 1 << 20

// memory is the file that remembers a fault. One process at a time has it.
type memory struct {
	path string
	boot string
	lock *os.File
}

// remembered is what the file holds.
type remembered struct {
	Boot  string           `json:"boot"`
	Fault *wire.HealthData `json:"fault"`
	// Ended is when the outcome became known; zero while the command runs.
	Ended time.Time `json:"ended"`
}

// errUnreadable says that the memory holds something else: there was a fault,
// but which is not known.
var errUnreadable = errors.New("the state file is damaged: a fault is taken to be remembered; when the node is well, remove the file")

// openMemory takes the file for this process and returns the fault of this boot
// that it remembers; nil when there is none. With errUnreadable there is one.
func openMemory(path, bootFile string) (*memory, *remembered, error) {
	b, err := os.ReadFile(bootFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read boot id: %w", err)
	}
	boot, err := procfs.ParseBootID(b)
	if err != nil {
		return nil, nil, err
	}
	lock, err := lockMemory(path + ".lock")
	if err != nil {
		return nil, nil, err
	}
	m := &memory{path: path, boot: boot, lock: lock}
	r, err := m.read()
	if err != nil && !errors.Is(err, errUnreadable) {
		return nil, nil, errors.Join(err, m.close())
	}
	return m, r, err
}

func lockMemory(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("make folder of the state file: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock state file: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		err = fmt.Errorf("lock state file %s: %w (another probe health has it; stop that one, or give this one its own state)", path, err)
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// read returns what is remembered of this boot.
func (m *memory) read() (*remembered, error) {
	f, err := os.Open(m.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read state file: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxMemory+1))
	if err != nil {
		return nil, fmt.Errorf("read state file %s: %w", m.path, err)
	}
	return parseMemory(b, m.boot)
}

// parseMemory reads the file's content. What another boot wrote is nothing.
func parseMemory(b []byte, boot string) (*remembered, error) {
	var r remembered
	if err := json.Unmarshal(b, &r); err != nil || len(b) > maxMemory || r.Boot == "" {
		return nil, errUnreadable
	}
	if r.Boot != boot {
		return nil, nil
	}
	if r.Fault == nil {
		return nil, errUnreadable
	}
	return &r, nil
}

// write remembers: it returns after what it was given is durable.
func (m *memory) write(r remembered) error {
	r.Boot = m.boot
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	return pki.WriteFile(m.path, append(b, '\n'), 0o600)
}

// forget removes the file.
func (m *memory) forget() error {
	err := os.Remove(m.path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("forget fault: %w", err)
	}
	return nil
}

// close lets another process have the file.
func (m *memory) close() error { return m.lock.Close() }
