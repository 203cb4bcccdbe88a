package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// verb is one thing that the probe can be told to do. The command line is read
// with package flag: a parser that calls methods by reflection would make the
// linker keep every method of every type, which costs 1.7 MB in memory on each
// server.
type verb struct {
	name    string
	summary string // for `probe --help`
	example string // the end of `probe NAME --help`
	// flags declares the options and returns what to do once they are read.
	flags func(fs *flag.FlagSet) func(e *env) error
	// raw takes all arguments as they are, for verbs whose options and exit codes
	// follow another program; flags is then nil.
	raw func(ctx context.Context, args []string, stdout, stderr io.Writer) int
}

// errUsage marks wrong arguments that package flag does not find.
var errUsage = errors.New("wrong usage")

// exitCode is an exit code that a verb ends with, as an error that is not told.
type exitCode int

// Error is never shown.
func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// verbs is the list, in the order in which help shows it.
func verbs() []verb {
	return []verb{
		{
			name: "run", summary: "Collect and send until stopped (the daemon).",
			example: "probe run --config /etc/monitord-probe/probe.yaml", flags: runFlags,
		},
		{name: "sar", summary: "Print sysstat's tables of this machine (probe sar -u 1 5).", raw: runSar},
		{
			name: "health", summary: "Watch this node of a cluster, and give it up once (heartbeat's respawn).",
			example: "probe health --config /etc/monitord-probe/health.yaml", flags: healthFlags,
		},
		{name: "resource", summary: "Start, stop or ask a resource of a cluster (probe resource NAME status).", raw: runResource},
		{name: "check", summary: "Run one check now: a Nagios plugin (probe check http --help).", raw: runCheck},
		{
			name: "enroll", summary: "Get this machine its certificate with a one-time token.",
			example: "probe enroll --server https://monitor.example.net:8461 --token-file token.txt --dir /etc/monitord-probe",
			flags:   enrollFlags,
		},
		{name: "version", summary: "Print the version.", example: "probe version", flags: versionFlags},
	}
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Usage: probe VERB [OPTION…]\n\nProbe of monitord: measures this machine and sends to the server.\n\n")
	for _, v := range verbs() {
		fmt.Fprintf(w, "  %-8s %s\n", v.name, v.summary)
	}
	fmt.Fprint(w, "\nprobe VERB --help tells more, with an example.\n")
}

// help is what `probe NAME --help` prints.
func (v verb) help(w io.Writer, fs *flag.FlagSet) {
	fmt.Fprintf(w, "Usage: probe %s [OPTION…]\n\n%s\n\n", v.name, v.summary)
	fs.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		option := "--" + f.Name
		if len(f.Name) == 1 {
			option = "-" + f.Name
		}
		if value != "" {
			option += " " + value
		}
		fmt.Fprintf(w, "  %-18s %s", option, text)
		if f.DefValue != "" && f.DefValue != "false" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
	fmt.Fprintf(w, "\nExample: %s\n", v.example)
}

// do reads the verb's options and runs it; it returns the exit code.
func (v verb) do(e *env, args []string) int {
	if v.raw != nil {
		return v.raw(e.ctx, args, e.stdout, e.stderr)
	}
	fs := flag.NewFlagSet(v.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard) // told below
	action := v.flags(fs)
	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		v.help(e.stdout, fs)
		return exitOK
	}
	if err == nil && fs.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	if err != nil {
		return wrongUsage(e.stderr, fmt.Errorf("%w: %w", errUsage, err), v.name+" ")
	}
	err = action(e)
	code, ended := errors.AsType[exitCode](err)
	switch {
	case ended:
		return int(code)
	case errors.Is(err, errUsage):
		return wrongUsage(e.stderr, err, v.name+" ")
	case err != nil:
		fmt.Fprintf(e.stderr, "probe: %v\n", err)
		return exitFail
	}
	return exitOK
}

func wrongUsage(stderr io.Writer, err error, where string) int {
	fmt.Fprintf(stderr, "probe: %v\nprobe: see `probe %s--help`\n", err, where)
	return exitUsage
}
