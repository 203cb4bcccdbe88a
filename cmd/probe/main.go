// Command probe is the daemon for every server: it collects, keeps and sends,
// and has a few verbs for the machine it runs on.
//
// main parses and calls run; run only wires. A verb is one struct with a Run
// method, and one field of cli.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"monitord/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the process at once: the first gives the default back.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes of every verb that has none of its own.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

// exitCode is an error that carries its own exit code and was told already, for
// verbs whose codes mean something (checks, health, resource).
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// cli lists the verbs.
type cli struct {
	Run     runCmd     `cmd:"" help:"Collect and send until stopped (the daemon)."`
	Sar     sarCmd     `cmd:"" help:"Print sysstat's tables of this machine." passthrough:""`
	Check   checkCmd   `cmd:"" help:"Run one check now: a Nagios plugin." passthrough:""`
	Enroll  enrollCmd  `cmd:"" help:"Get this machine its certificate with a one-time token."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// env is what verbs may use of the process.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// parserExit is how kong says that it has printed help and is done.
type parserExit int

// run is the program without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil {
			exit, ok := r.(parserExit)
			if !ok {
				panic(r)
			}
			code = int(exit)
		}
	}()
	parser, err := kong.New(&cli{},
		kong.Name("probe"),
		kong.Description("Probe of monitord: measures this machine and sends to the server."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(parserExit(code)) }),
	)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "probe: %v\n", err)
		return exitFail
	}
	if verb := ownArguments(args); verb != nil {
		return verb(ctx, args[1:], stdout, stderr)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "probe: %v\nprobe: see `probe --help`\n", err)
		return exitUsage
	}
	err = parsed.Run(&env{ctx, stdin, stdout, stderr})
	if own, ok := errors.AsType[exitCode](err); ok {
		return int(own)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "probe: %v\n", err)
		return exitFail
	}
	return exitOK
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "probe", version.String())
	return err
}

// smallMemory keeps the daemon's heap small: little garbage is made every ten
// seconds, and collecting it early costs microseconds. The limit is a soft one,
// far above what is needed, for a catch-up after a long absence of the server.
func smallMemory() {
	debug.SetGCPercent(40)
	debug.SetMemoryLimit(32 << 20)
}
