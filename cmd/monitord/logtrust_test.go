package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/trusted"
)

func TestAProgramThatOthersMayChangeIsNotStarted(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "watchfor /Critical/\n  exec RECORD\n")
	s.do(os.Chmod(s.path("record"), 0o777))
	f := follow(t, "--config-file", s.rules, "--tail-file="+s.logs)
	s.write("Critical one\n")
	until(t, "it is told", func() bool { return strings.Contains(f.errs.String(), "not started: "+s.path("record")) })
	s.do(os.Chmod(s.path("record"), 0o755))
	s.write("Critical two\n")
	until(t, "it ran", func() bool { return f.out.String() != "" })
	f.stop()
	if got := f.out.String(); got != "ran \n" {
		t.Errorf("printed %q", got)
	}
}

func TestANameIsLookedForInPath(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Chmod(dir, 0o755), os.WriteFile(filepath.Join(dir, "thing"), []byte("#!/bin/sh\n"), 0o777), os.Chmod(filepath.Join(dir, "thing"), 0o777)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", "/nowhere:"+dir)
	if err := trustedProgram("thing"); !errors.Is(err, trusted.ErrWritable) {
		t.Errorf("writable: %v", err)
	}
	if err := trustedProgram("other"); err == nil || !strings.Contains(err.Error(), "PATH") {
		t.Errorf("missing: %v", err)
	}
}
