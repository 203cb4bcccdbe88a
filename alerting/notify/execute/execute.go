package execute

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"monitord/alerting/notify"
	"monitord/internal/logkeys"
	"monitord/internal/runner"
	"monitord/internal/trusted"
)

// Channel is the exec channel.
type Channel struct {
	commands Config
	deps     notify.ChannelDeps
}

// New makes the channel; config is valid. A program that may not be started is
// logged now, and refused at each message until somebody mends it.
func New(config Config, deps notify.ChannelDeps) *Channel {
	for _, c := range config {
		if err := trusted.Program(c.Command[0]); err != nil {
			deps.Logger.Warn("a command of section exec cannot be run as it is", logkeys.Path, c.Command[0], logkeys.Err, err)
		}
	}
	return &Channel{config, deps}
}

// maxOutput bounds what is kept of a command's output, in bytes.
const maxOutput = 16 << 10

// Send runs the command that the message's address names.
func (c *Channel) Send(ctx context.Context, n notify.Notification) (string, error) {
	command, ok := c.commands[n.To]
	if !ok {
		return "", fmt.Errorf("command %q is not allowed: add it to the section exec, and reload", n.To)
	}
	fields := notify.FieldsOf(c.deps, n)
	input, err := json.Marshal(fields)
	if err != nil {
		return "", notify.Permanent{Err: err}
	}
	path := command.Command[0]
	if err := trusted.Program(path); err != nil {
		return "", fmt.Errorf("not started: %w", err)
	}
	env := environment(fields)
	for name, value := range command.Env {
		env = append(env, name+"="+value) // the last of equal names counts
	}
	r, err := runner.Run(ctx, runner.Command{
		Path: path, Args: command.Command[1:], Dir: cmp.Or(command.Dir, "/"), Env: env, Stdin: append(input, '\n'),
		Timeout: cmp.Or(command.Timeout, DefaultTimeout), MaxOutput: maxOutput,
	})
	if err != nil {
		return "", fmt.Errorf("not started: %w", err)
	}
	return verdict(filepath.Base(path), r)
}

// forGood are the exit codes of sysexits(3) that trying again will not mend.
var forGood = []int{64, 65, 67, 68, 77, 78}

// verdict says what the end of a command means.
func verdict(name string, r runner.Result) (answer string, err error) {
	said := firstLine(r)
	switch {
	case r.TimedOut:
		return "", notify.InDoubt{Err: fmt.Errorf("%s did not end within its time-out and was killed%s", name, said)}
	case r.Signal != "":
		return "", notify.InDoubt{Err: fmt.Errorf("%s was ended by a signal: %s%s", name, r.Signal, said)}
	case r.ExitCode == 0:
		return "exit 0" + said, nil
	}
	err = errors.New(name + " ended with exit code " + fmt.Sprint(r.ExitCode) + said)
	if slices.Contains(forGood, r.ExitCode) {
		return "", notify.Permanent{Err: err}
	}
	return "", err
}

// saidColumns is how much of a command's words stands in the journal.
const saidColumns = 160

// firstLine is what a command said first, on standard error before standard
// output when it failed, after a colon.
func firstLine(r runner.Result) string {
	streams := [][]byte{r.Stderr, r.Stdout}
	if r.ExitCode == 0 {
		streams = [][]byte{r.Stdout}
	}
	for _, stream := range streams {
		for line := range bytes.Lines(stream) {
			if s := notify.OneLine(string(line)); s != "" {
				return ": " + notify.Truncate(s, saidColumns)
			}
		}
	}
	return ""
}
