package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/checks/logs"
)

// imported runs the verb on files.
func imported(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), append([]string{"import", "swatch"}, args...), nil, &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestFilesOfSwatchBecomeOneOfOurs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, two, more := filepath.Join(dir, "one"), filepath.Join(dir, "two"), filepath.Join(dir, "more")
	for path, text := range map[string]string{
		one:  "watchfor /Critical/\n\texec /bin/x $0\ninclude more\n",
		more: "watchfor /more/\n\techo\n",
		two:  "ignore /x/\nwatchfor /disk/\n\texec \"/bin/page $1 | cat\"\n\techo\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errs := imported(t, one, two)
	rules, err := logs.ParseYAML("rules.yaml", []byte(out))
	if code != exitFailure || err != nil || len(rules) != 4 {
		t.Errorf("exit code %d, %d rules, %v:\n%s", code, len(rules), err, out)
	}
	for _, want := range []string{two + `:3:2: exec: "|" means something to a shell`, "write: exec /usr/local/bin/on-log-line $1", "4 rules; 1 thing could not be translated"} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	if code, out, errs := imported(t, "--lint", two); code != exitFailure || out != "" || !strings.Contains(errs, two+":3:2: exec") {
		t.Errorf("lint: exit code %d, %q, %q", code, out, errs)
	}
	if code, out, errs := imported(t, one); code != exitOK || !strings.Contains(out, "# "+more+":1") || !strings.Contains(errs, "everything was translated") {
		t.Errorf("exit code %d, %q, %q", code, out, errs)
	}
	if code, _, errs := imported(t, filepath.Join(dir, "none")); code != exitFailure || !strings.Contains(errs, "none") {
		t.Errorf("a missing file: exit code %d, %q", code, errs)
	}
	if code, _, _ := imported(t); code != exitUsage {
		t.Errorf("no file: exit code %d", code)
	}
}
