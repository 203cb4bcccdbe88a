package acktoken

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"monitord/internal/pki"
)

// KeyLength is the number of random bytes of a key.
const KeyLength = 32

// Open reads the key of this installation, and makes it (mode 0600, written
// whole or not at all) where there is none. Its folder is made, too. A key that
// others may read, or that is damaged, is an error that says what to do:
// replacing it makes every token given out so far worthless, and harms nothing
// else.
func Open(path string) (*Signer, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = makeKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("key of acknowledging links: %w", err)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key of acknowledging links: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key of acknowledging links: others may read %s (mode %04o): remove it, and start again; links sent so far then stop working", path, info.Mode().Perm())
	}
	if len(key) != KeyLength {
		return nil, fmt.Errorf("key of acknowledging links: %s has %d bytes, want %d: remove it, and start again; links sent so far then stop working", path, len(key), KeyLength)
	}
	return New(key), nil
}

func makeKey(path string) ([]byte, error) {
	key := make([]byte, KeyLength)
	rand.Read(key) // never fails
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	return key, pki.WriteFile(path, key, 0o600)
}
