// Command monitord is the monitoring server and the operator's command line.
//
// main parses and calls; each verb is a struct with a Run method in a file of
// its own; `run` only wires.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones are known on machines without tzdata

	"github.com/alecthomas/kong"

	"monitord/internal/version"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once: the first one gives the
	// signals back to the system.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Exit codes of every verb but check, which has Nagios'.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

// cli is the command line.
type cli struct {
	Run      runCmd      `cmd:"" help:"Run the server."`
	Config   configCmd   `cmd:"" help:"Check, show or exemplify the configuration."`
	Probe    probeCmd    `cmd:"" help:"Enrol and list probes."`
	Check    checkCmd    `cmd:"" help:"Run one check now: a Nagios plugin." passthrough:""`
	SNMP     snmpCmd     `cmd:"" name:"snmp" help:"Ask an SNMP agent, with net-snmp's options and output." passthrough:""`
	Query    queryCmd    `cmd:"" help:"Ask the running server a PromQL question."`
	Events   eventsCmd   `cmd:"" help:"Show the running server's journal."`
	Ack      ackCmd      `cmd:"" help:"Take a problem: nobody else is told while you have it."`
	Downtime downtimeCmd `cmd:"" help:"Plan times in which nobody is told."`
	Page     pageCmd     `cmd:"" help:"Print who would be told of a problem, and when, from the configuration alone."`
	Oncall   oncallCmd   `cmd:"" help:"Print who is on call, by rota."`
	Notify   notifyCmd   `cmd:"" help:"Test the ways of telling."`
	Avail    availCmd    `cmd:"" name:"availability" help:"Say how available services and what stands on them were, by month."`
	Action   actionCmd   `cmd:"" help:"See, ask for, approve and stop actions on states."`
	Proof    proofCmd    `cmd:"" help:"Print why an action was carried out, or was not: every premise, start, end, stages."`
	Logs     logsCmd     `cmd:"" help:"Try rules for logs, and follow logs with them."`
	Import   importCmd   `cmd:"" help:"Turn the configuration of other programs into our own."`
	Capacity capacityCmd `cmd:"" help:"List every limit of the fleet by the date at which it is reached, and by when to order."`
	Trend    trendCmd    `cmd:"" help:"Find what is unusual in a series, and when it reaches a limit."`
	Status   statusCmd   `cmd:"" help:"Say where the running server listens and how it is."`
	Reload   reloadCmd   `cmd:"" help:"Make the running server read its configuration again: all of it or nothing."`
	Login    loginCmd    `cmd:"" help:"Print a one-time login link of the running server."`
	Version  versionCmd  `cmd:"" help:"Print the version."`
}

// env is what a verb may use of the world.
type env struct {
	ctx    context.Context
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// exitCode is an error that only carries the exit code: everything was said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// run is the program without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	code := exitOK
	exited := false
	parser, err := kong.New(&cli{},
		kong.Name("monitord"),
		kong.Description("Monitoring server. Each verb has --help with an example."),
		kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { code, exited = c, true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(stderr, "monitord:", err)
		return exitFailure
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	// check and snmp read their own arguments: each kind of check has other
	// options, and net-snmp's are glued.
	switch args[0] {
	case "check":
		return runCheck(ctx, args[1:], stdout, stderr)
	case "snmp":
		return runSNMP(ctx, args[1:], stdout, stderr)
	}
	parsed, err := parser.Parse(args)
	if exited {
		return code
	}
	if err != nil {
		fmt.Fprintf(stderr, "monitord: %v (%s)\n", err, helpFor(err))
		return exitUsage
	}
	err = parsed.Run(&env{ctx: ctx, stdin: stdin, stdout: stdout, stderr: stderr})
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	if err != nil {
		fmt.Fprintln(stderr, "monitord:", err)
		return exitFailure
	}
	return exitOK
}

// helpFor says where to look after a faulty command line.
func helpFor(err error) string {
	if p, ok := errors.AsType[*kong.ParseError](err); ok && p.Context != nil {
		if verb := p.Context.Selected(); verb != nil {
			return verb.FullPath() + " --help has an example"
		}
	}
	return "monitord --help lists the verbs"
}

// versionCmd prints the version.
type versionCmd struct{}

// Run prints.
func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintln(e.stdout, "monitord", version.String())
	return err
}
