package accept

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxPrinted bounds the differences that are printed in full.
const maxPrinted = 200

// Count counts the comparisons of one set. Not for concurrent use.
type Count struct {
	Set                    string
	Passed, Failed, Listed int
	W                      io.Writer // where differences and the last line go
}

// Pass counts one equal value.
func (c *Count) Pass() { c.Passed++ }

// Fail counts and prints one difference.
func (c *Count) Fail(format string, args ...any) {
	c.Failed++
	if c.Failed <= maxPrinted {
		fmt.Fprintf(c.W, "accept: %s: "+format+"\n", append([]any{c.Set}, args...)...)
	}
}

// List counts one difference that a file beside the code explains.
func (c *Count) List() { c.Listed++ }

// Line is what scripts read: accept: SET passed=N failed=N listed=N.
func (c *Count) Line() string {
	return fmt.Sprintf("accept: %s passed=%d failed=%d listed=%d", c.Set, c.Passed, c.Failed, c.Listed)
}

// Data returns the folder of a set: $SHARED/data/SET, where SHARED stands
// beside the repository when the environment does not name it. The error says
// that the data is missing, and whether all of it is (ErrNoShared).
func Data(set string) (string, error) {
	shared := os.Getenv("SHARED")
	if shared == "" {
		root, err := repository()
		if err != nil {
			return "", err
		}
		shared = filepath.Join(root, "..", "shared")
	}
	if _, err := os.Stat(filepath.Join(shared, "data")); err != nil {
		return "", fmt.Errorf("%w: %w", ErrNoShared, err)
	}
	dir := filepath.Join(shared, "data", set)
	if _, err := os.Stat(dir); err != nil {
		return "", fmt.Errorf("accept: %s: data is missing: %w", set, err)
	}
	return dir, nil
}

// ErrNoShared says that there is no shared data on this machine at all.
var ErrNoShared = errors.New("accept: no shared data here (SHARED=DIR names another place)")

// repository is the folder above that holds go.mod.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("accept: no go.mod above the working directory")
		}
		dir = up
	}
}
