package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const top = "../.."

// copyTree makes a copy of the sources, without what was built or installed.
func copyTree(t *testing.T) string {
	t.Helper()
	to := t.TempDir()
	skipped := []string{".git", "node_modules", "bin", "var"}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains(skipped, d.Name()) {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		if !d.Type().IsRegular() {
			return nil
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), raw, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func goTool(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	// As the programs are built, also when the test itself is for the race
	// detector: all that they depend on is compiled already.
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestANewPlugInIsGreen(t *testing.T) {
	if testing.Short() {
		t.Skip("short: compiles a copy of the tree")
	}
	root := copyTree(t)
	for _, args := range [][]string{{"check", "fooo"}, {"collector", "barr"}, {"action", "bazz"}} {
		var out, errs bytes.Buffer
		if code := run(args, root, &out, &errs); code != 0 {
			t.Fatalf("%v: code %d, %s", args, code, &errs)
		}
		if !strings.Contains(out.String(), "It is green") {
			t.Errorf("said %q", &out)
		}
	}
	goTool(t, root, "run", "./internal/docgen", "-pictures=false")
	mine := []string{"./checks/fooo", "./collectors/barr", "./alerting/failover/bazz", "./checks/builtin/local", "./collectors/builtin", "./alerting/failover/builtin"}
	goTool(t, root, append([]string{"vet"}, mine...)...)
	goTool(t, root, append([]string{"test", "./checks/builtin", "./internal/docgen", "./internal/layering", "./internal/text"}, mine[:3]...)...)
	var unformatted bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "gofmt", "-l", "checks", "collectors", "alerting/failover")
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &unformatted, &unformatted
	if err := cmd.Run(); err != nil || unformatted.Len() > 0 {
		t.Errorf("gofmt: %v %s", err, &unformatted)
	}
}

func TestBadNamesWriteNothing(t *testing.T) {
	for _, tt := range []struct{ kind, name, want string }{
		{"check", "tcp", "checks/tcp exists"},
		{"check", "Foo", "lower-case"},
		{"check", "../x", "lower-case"},
		{"check", "a b", "lower-case"},
		{"check", "", "lower-case"},
		{"check", strings.Repeat("a", 21), "lower-case"},
		{"check", "func", "meaning already"},
		{"check", "string", "meaning already"},
		{"check", "config", "meaning already"},
		{"check", "notify", "has sentences"},
		{"collector", "host", "collectors/host exists"},
		{"action", "exec", "alerting/failover/exec exists"},
		{"nosuch", "foo", "usage:"},
	} {
		var out, errs bytes.Buffer
		if code := run([]string{tt.kind, tt.name}, top, &out, &errs); code == 0 || out.Len() > 0 || !strings.Contains(errs.String(), tt.want) {
			t.Errorf("%s %q: code %d, %q; want %q", tt.kind, tt.name, code, &errs, tt.want)
		}
	}
	var out, errs bytes.Buffer
	if code := run([]string{"check", "foo"}, t.TempDir(), &out, &errs); code == 0 || !strings.Contains(errs.String(), "not the top") {
		t.Errorf("elsewhere: code %d, %q", code, &errs)
	}
}

func TestAListThatIsNotAsExpectedIsLeftAlone(t *testing.T) {
	if _, err := addCheck("package local\n", "foo"); err == nil || !strings.Contains(err.Error(), "by hand") {
		t.Errorf("got %v", err)
	}
}
