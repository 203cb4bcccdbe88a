package handover

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"monitord/internal/pki"
)

// Bounds of the folder and of one event.
const (
	MaxFiles = 1000
	MaxBytes = 64 << 10
)

// ext ends the name of every event's file.
const ext = ".json"

// Event is one thing that happened.
type Event struct {
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"`
	Data json.RawMessage `json:"data"`
}

// Errors of this package.
var (
	// ErrNoFolder says that there is no folder: nobody takes events here.
	ErrNoFolder = errors.New("no probe takes events here")
	// ErrFull says that MaxFiles events wait.
	ErrFull = errors.New("the folder is full: start the probe's daemon, or empty it")
	// ErrBad says that a file is no event.
	ErrBad = errors.New("not an event")
)

// Put keeps an event in a folder until the daemon takes it. It returns after the
// event is durable.
func Put(dir string, e Event) error {
	names, err := List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s is not there", ErrNoFolder, dir)
	}
	if err != nil {
		return err
	}
	if len(names) >= MaxFiles {
		return fmt.Errorf("put event into %s: %w", dir, ErrFull)
	}
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("put event: %w", err)
	}
	if len(b) > MaxBytes {
		return fmt.Errorf("put event of %d bytes: at most %d fit", len(b), MaxBytes)
	}
	name := fmt.Sprintf("%020d-%s%s", max(e.At.UnixNano(), 0), rand.Text(), ext)
	return pki.WriteFile(filepath.Join(dir, name), b, 0o600)
}

// List names the events that wait, oldest first, as paths.
func List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	var out []string
	for _, e := range entries {
		if n := e.Name(); strings.HasSuffix(n, ext) && !strings.HasPrefix(n, ".") && e.Type().IsRegular() {
			out = append(out, filepath.Join(dir, n))
		}
	}
	slices.Sort(out)
	return out, nil
}

// Read reads the event of a file that List named. The error is ErrBad when the
// file will never be one.
func Read(path string) (Event, error) {
	f, err := os.Open(path)
	if err != nil {
		return Event{}, fmt.Errorf("read event: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, MaxBytes+1))
	if err != nil {
		return Event{}, fmt.Errorf("read event %s: %w", path, err)
	}
	e, err := parse(b)
	if err != nil {
		return Event{}, fmt.Errorf("read event %s: %w", path, err)
	}
	return e, nil
}

// parse reads one event.
func parse(b []byte) (Event, error) {
	if len(b) > MaxBytes {
		return Event{}, fmt.Errorf("%w: more than %d bytes", ErrBad, MaxBytes)
	}
	var e Event
	if err := json.Unmarshal(b, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrBad, err)
	}
	if e.Kind == "" || e.At.IsZero() {
		return Event{}, fmt.Errorf("%w: it has no kind or no time", ErrBad)
	}
	return e, nil
}
