// Command probe is the daemon for every server: it collects, keeps and sends,
// and has a few verbs for the machine it runs on.
//
// main parses and calls run; run only wires. A verb is one entry of verbs.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

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

// env is what verbs may use of the process.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr io.Writer
}

// run is the program without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		usage(stdout)
		return exitOK
	case "--version":
		args = []string{"version"}
	}
	for _, v := range verbs() {
		if v.name == args[0] {
			return v.do(&env{ctx, stdin, stdout, stderr}, args[1:])
		}
	}
	return wrongUsage(stderr, fmt.Errorf("%w: unknown verb %q", errUsage, args[0]), "")
}

// versionFlags prints the version.
func versionFlags(*flag.FlagSet) func(*env) error {
	return func(e *env) error {
		_, err := fmt.Fprintln(e.stdout, "probe", version.String())
		return err
	}
}
