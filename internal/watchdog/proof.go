package watchdog

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"monitord/internal/runner"
)

// maxProof is the size at which the file of proofs begins anew.
const maxProof = 64 << 10

// prove does some work of every kind that a server needs.
func (d *Dog) prove(ctx context.Context) error {
	result, err := d.run(ctx, runner.Command{Path: d.cfg.Program, Dir: "/", Timeout: d.cfg.Deadline})
	if err != nil {
		return err
	}
	if result.ExitCode != 0 {
		return fmt.Errorf("%s ended with %d %s", d.cfg.Program, result.ExitCode, result.Signal)
	}
	return appendLine(d.cfg.File, time.Now())
}

// appendLine appends the time to a file and syncs it.
func appendLine(path string, now time.Time) error {
	flags := os.O_WRONLY | os.O_APPEND | os.O_CREATE
	if info, err := os.Stat(path); err == nil && info.Size() > maxProof {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return fmt.Errorf("append proof: %w", err)
	}
	_, err = f.WriteString(now.UTC().Format(time.RFC3339Nano) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("append proof to %s: %w", path, err)
	}
	return nil
}

func makeFolder(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("make folder of proofs: %w", err)
	}
	return nil
}
