package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// takePictures serves the pages with made-up data and photographs them.
func takePictures(ctx context.Context, root string, stdout io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	scratch, err := os.MkdirTemp("", "docgen-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	server := filepath.Join(scratch, "webtest")
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", server, "./dashboards/webtest")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build dashboards/webtest: %w\n%s", err, out)
	}
	images, err := filepath.Abs(filepath.Join(root, "docs/images"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(images, 0o755); err != nil {
		return err
	}
	base, stop, err := serve(ctx, server)
	if err != nil {
		return err
	}
	defer stop()
	shots := exec.CommandContext(ctx, "node", "test/shots.mjs", base, images)
	shots.Dir, shots.Stdout = filepath.Join(root, "dashboards/web"), stdout
	var complaint strings.Builder
	shots.Stderr = &complaint
	if err := shots.Run(); err != nil {
		return fmt.Errorf("pictures: %w (it needs `apt-get install -y --no-install-recommends chromium nodejs fonts-ipafont-gothic`, and `make web`)\n%s", err, &complaint)
	}
	return nil
}

// serve starts the pages on a free port and returns their address.
func serve(ctx context.Context, program string) (base string, stop func(), err error) {
	cmd := exec.CommandContext(ctx, program, "-listen", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = cmd.Process.Signal(os.Interrupt) // it may be gone already; Wait tells
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("dashboards/webtest said no address: %w", err)
	}
	return strings.TrimSuffix(strings.TrimSpace(line), "/"), stop, nil
}
