package accept

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLineIsWhatScriptsRead(t *testing.T) {
	var out strings.Builder
	c := Count{Set: "sysstat", W: &out}
	c.Pass()
	c.Pass()
	c.List()
	c.Fail("case %d: got %q", 1, "x")
	if got, want := c.Line(), "accept: sysstat passed=2 failed=1 listed=1"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
	if got, want := out.String(), "accept: sysstat: case 1: got \"x\"\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestMissingDataSaysWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("SHARED", dir)
	if _, err := Data("sysstat"); !errors.Is(err, ErrNoShared) {
		t.Errorf("without data/: %v, want ErrNoShared", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "data", "other"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Data("sysstat"); err == nil || errors.Is(err, ErrNoShared) {
		t.Errorf("without the set: %v, want an error that is not ErrNoShared", err)
	}
	if got, err := Data("other"); err != nil || got != filepath.Join(dir, "data", "other") {
		t.Errorf("got %q, %v", got, err)
	}
}
