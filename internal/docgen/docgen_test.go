package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const top = "../.."

func TestDocumentsAreCurrent(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"-check"}, top, &out, &errs); code != 0 {
		t.Errorf("%s", &errs)
	}
}

// A changed sample is found, written, and then found current.
func TestAStaleBlockIsFoundAndMended(t *testing.T) {
	root := t.TempDir()
	put := func(path, content string) {
		full := filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("checks/x/sample.yaml", "port: 2\n")
	put("checks/x/README.md", "before\n<!-- sample -->\n```yaml\nport: 1\n```\n<!-- /sample -->\nafter\n")
	try := func(want int, says string, args ...string) {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, root, &out, &errs); code != want || !strings.Contains(out.String()+errs.String(), says) {
			t.Errorf("%v: code %d, %q %q", args, code, &out, &errs)
		}
	}
	try(1, "checks/x/README.md is not current", "-check")
	try(0, "wrote checks/x/README.md", "-pictures=false")
	try(0, "", "-check")
	got, err := os.ReadFile(filepath.Join(root, "checks/x/README.md"))
	if err != nil || string(got) != "before\n<!-- sample -->\n```yaml\nport: 2\n```\n<!-- /sample -->\nafter\n" {
		t.Errorf("%v %s", err, got)
	}
	put("checks/x/README.md", "no markers\n")
	try(1, "no <!-- sample -->", "-check")
}

func TestThePicturesOfTheReadmeExist(t *testing.T) {
	for _, name := range []string{"wall", "overview", "host"} {
		raw, err := os.ReadFile(filepath.Join(top, "docs/images", name+".png"))
		if err != nil || !bytes.HasPrefix(raw, []byte("\x89PNG")) {
			t.Errorf("%s: %v (make docs)", name, err)
		}
	}
}
