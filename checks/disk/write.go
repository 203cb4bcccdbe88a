package disk

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"monitord/checks/internal/netdial"
)

// The phases of a run.
const (
	phaseCreate = "create"
	phaseWrite  = "write"
	phaseSync   = "sync"
	phaseRead   = "read"
	phaseRemove = "remove"
)

// name is the file's, always the same: what a run that was killed left behind is
// removed by the next.
const name = ".monitord-disk-check"

// errOtherBytes says that the disk gave back something else.
var errOtherBytes = errors.New("other bytes came back than were written")

// once writes, syncs, reads back and removes.
func (c *Check) once(phases *netdial.Phases) (err error) {
	phases.Begin(phaseCreate)
	path := filepath.Join(c.cfg.Dir, name)
	f, err := create(path)
	if err != nil {
		return err
	}
	defer func() {
		phases.Begin(phaseRemove)
		// Another run, of the probe or of `probe health`, may have been quicker.
		if gone := os.Remove(path); err == nil && gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = gone
		}
		phases.End()
	}()
	err = c.through(f, phases)
	return errors.Join(err, f.Close())
}

// create makes a file of our own: neither a link nor what somebody else put
// there is followed or written to.
func create(path string) (*os.File, error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_EXCL | unix.O_NOFOLLOW
	for try := 0; ; try++ {
		f, err := os.OpenFile(path, flags, 0o600)
		if !errors.Is(err, fs.ErrExist) || try == 3 {
			return f, err
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// through sends random bytes through the disk and compares what comes back.
func (c *Check) through(f *os.File, phases *netdial.Phases) error {
	want := make([]byte, c.cfg.Size)
	_, _ = rand.Read(want) // never fails (Go 1.24)
	phases.Begin(phaseWrite)
	if _, err := f.Write(want); err != nil {
		return err
	}
	phases.Begin(phaseSync)
	if err := f.Sync(); err != nil {
		return err
	}
	phases.Begin(phaseRead)
	// An advice: where it is not taken, the cache answers.
	_ = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s: %w", f.Name(), errOtherBytes)
	}
	return nil
}
