package journald

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// args is the argument vector of journalctl.
func (f *Follower) args() []string {
	args := []string{"--output=export", "--follow", "--quiet"}
	switch {
	case f.next != "":
		args = append(args, "--no-tail", "--after-cursor="+f.next)
	case f.cfg.From == "beginning":
		args = append(args, "--no-tail")
	default:
		args = append(args, "--lines=0")
	}
	if f.cfg.Directory != "" {
		args = append(args, "--directory="+f.cfg.Directory)
	}
	for _, u := range f.cfg.Units {
		args = append(args, "--unit="+u)
	}
	return args
}

// follow runs journalctl once.
func (f *Follower) follow(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, f.path, f.args()...)
	cmd.Env = []string{"LC_ALL=C"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.WaitDelay = time.Second
	said := &head{limit: 2000}
	cmd.Stderr = said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("follow journald: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("follow journald: %w", err)
	}
	err = f.read(ctx, out)
	if err != nil {
		_ = cmd.Process.Kill() // it may wait for us; Wait tells how it ended
	}
	ended := cmd.Wait()
	if err == nil {
		err = ended
	}
	if words := strings.TrimSpace(said.String()); words != "" {
		err = fmt.Errorf("journalctl says %q: %w", words, errors.Join(err, errEnded))
	}
	if err == nil {
		err = errEnded
	}
	return err
}

var errEnded = errors.New("journalctl ended")

// head keeps the beginning of what is written to it.
type head struct {
	bytes.Buffer
	limit int
}

// Write takes all of b.
func (h *head) Write(b []byte) (int, error) {
	h.Buffer.Write(b[:min(len(b), max(0, h.limit-h.Len()))])
	return len(b), nil
}
