package failover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// Memory is what an action must still know after a restart: one small JSON file
// for each key (such as a host's name) in the action's own folder. It is safe
// for concurrent use as long as one key has one user at a time, which the guard
// sees to.
type Memory struct {
	Dir string // Deps.Dir; made when the first thing is saved
}

// Save remembers v under key, in place of what was there. It returns when the
// disk has it: a crash leaves the old or the new, never half of it.
func (m Memory) Save(key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return fmt.Errorf("remember %s: %w", key, err)
	}
	if err := m.replace(m.path(key), append(raw, '\n')); err != nil {
		return fmt.Errorf("remember %s: %w (make room on the disk, or give the folder to the user of this program)", key, err)
	}
	return nil
}

func (m Memory) replace(path string, raw []byte) error {
	f, err := os.CreateTemp(m.Dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return m.sync()
}

// Load fills v with what was saved under key; false: nothing was.
func (m Memory) Load(key string, v any) (bool, error) {
	raw, err := os.ReadFile(m.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, v)
	}
	if err != nil {
		return false, fmt.Errorf("read what was remembered about %s: %w (look at %s; when you have put its matter in order by hand, delete it)", key, err, m.path(key))
	}
	return true, nil
}

// Forget removes what was saved under key; nothing saved is no error.
func (m Memory) Forget(key string) error {
	err := os.Remove(m.path(key))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = m.sync()
	}
	if err != nil {
		return fmt.Errorf("forget %s: %w", key, err)
	}
	return nil
}

// path is a key's file. The escape keeps a key from leaving the folder.
func (m Memory) path(key string) string {
	return filepath.Join(m.Dir, url.PathEscape(key)+".json")
}

// sync makes a rename or a removal durable.
func (m Memory) sync() error {
	d, err := os.Open(m.Dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
