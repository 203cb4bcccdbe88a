package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	"monitord/collectors/snmp"
	"monitord/collectors/snmp/discover"
	"monitord/collectors/snmp/hostfile"
	"monitord/collectors/snmp/netsnmp"
)

const discoverUsage = `Usage: monitord snmp discover [OPTION…] [COMMUNITY@]AGENT…

Asks what each agent is and has, and writes it as configuration to read, change
and use. AGENT is HOST, HOST:PORT, a network (192.0.2.0/24) or a range
(192.0.2.1-50, 192.0.2.1-192.0.2.50); of networks and ranges, only what answers
counts. Nothing that exists is changed: run again, it shows the difference.

  --credentials FILE  version, community or user and words: YAML, see
                      collectors/snmp/README.md. Or net-snmp's options:
  -v 1|2c|3 -c COMMUNITY
  -u USER -l LEVEL -a PROTOCOL -A WORD -x PROTOCOL -X WORD -n CONTEXT
  -t SECONDS -r N     each attempt waits, and retries (1, 1)
  --file FILE         agents, one a line, # begins a comment; - is standard input
  --out FILE|DIR      where to write; of a folder, a file for each host. Words go
                      into a file of mode 0600 beside it, never into this one
  --diff              write nothing; show the difference
  --replace           write over what is there
  --workers N         agents asked at a time, 1 to 256 (32)

Example: monitord snmp discover --out /etc/monitord/ public@192.0.2.1
         monitord config check /etc/monitord && monitord reload
Exit codes: 0 nothing to do is left, 1 an agent does not answer, or there is a
difference; 2 wrong options.
`

// discovery is a run of `snmp discover`.
type discovery struct {
	options *netsnmp.Options
	targets []discover.Target
	file    string
	out     string
	diff    bool
	replace bool
	workers int
	stdout  io.Writer
	stderr  io.Writer
}

func runDiscover(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	d := &discovery{workers: 32, stdout: stdout, stderr: stderr}
	err := d.parse(args)
	if err == nil && d.options.Help {
		fmt.Fprint(stdout, discoverUsage)
		return exitOK
	}
	if err != nil {
		fmt.Fprintf(stderr, "monitord snmp discover: %v\n(monitord snmp discover --help)\n", err)
		return exitUsage
	}
	return d.run(ctx)
}

// own reads the options that net-snmp does not have.
func (d *discovery) own(name, value string, has bool, rest []string) ([]string, bool, error) {
	switch name {
	case "diff":
		d.diff = true
		return rest, true, nil
	case "replace":
		d.replace = true
		return rest, true, nil
	case "file", "out", "workers":
	default:
		return rest, false, nil
	}
	if !has {
		if len(rest) == 0 {
			return rest, true, fmt.Errorf("--%s wants a value", name)
		}
		value, rest = rest[0], rest[1:]
	}
	var err error
	switch name {
	case "file":
		d.file = value
	case "out":
		d.out = value
	case "workers":
		d.workers, err = strconv.Atoi(value)
		if err != nil || d.workers < 1 || d.workers > 256 {
			err = fmt.Errorf("--workers %s: want 1 to 256", value)
		}
	}
	return rest, true, err
}

func (d *discovery) parse(args []string) (err error) {
	if d.options, err = netsnmp.ParseOptions(args, d.own); err != nil || d.options.Help {
		return err
	}
	if !d.options.Patient { // a range is mostly silence
		d.options.Device.Retries = 1
	}
	if d.diff && (d.replace || d.out == "") {
		return errors.New("--diff compares with --out, and replaces nothing")
	}
	for _, s := range d.options.Rest {
		some, err := discover.ParseTarget(s)
		if err != nil {
			return err
		}
		d.targets = append(d.targets, some...)
	}
	if d.file != "" {
		some, err := d.readFile()
		if err != nil {
			return err
		}
		d.targets = append(d.targets, some...)
	}
	d.once()
	switch {
	case len(d.targets) == 0:
		return errors.New("no agent: want COMMUNITY@HOST, a range, or --file")
	case len(d.targets) > discover.MaxTargets:
		return fmt.Errorf("more than %d agents: ask smaller ranges", discover.MaxTargets)
	case !d.options.Given && slices.ContainsFunc(d.targets, func(t discover.Target) bool { return t.Community == "" }):
		bare := d.targets[slices.IndexFunc(d.targets, func(t discover.Target) bool { return t.Community == "" })]
		return fmt.Errorf("%s: no community and no user: want COMMUNITY@%s, -c, -u or --credentials", bare.Address, bare.Address)
	}
	return nil
}

func (d *discovery) readFile() ([]discover.Target, error) {
	if d.file == "-" {
		return discover.ReadTargets("standard input", os.Stdin)
	}
	f, err := os.Open(d.file)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	defer f.Close()
	return discover.ReadTargets(d.file, f)
}

// once keeps the first of targets that are the same agent.
func (d *discovery) once() {
	seen := map[string]bool{}
	d.targets = slices.DeleteFunc(d.targets, func(t discover.Target) bool {
		key := t.Address + " " + strconv.Itoa(t.Port)
		had := seen[key]
		seen[key] = true
		return had
	})
}

// run asks, writes and says what came of it.
func (d *discovery) run(ctx context.Context) int {
	began := time.Now()
	p := newProgress(d.stderr, len(d.targets))
	found := discover.Many(ctx, d.targets, d.options.Device, d.workers, p.one)
	p.end()
	differs, err := d.write(found)
	if err != nil {
		fmt.Fprintln(d.stderr, "monitord snmp discover:", err)
		return exitFailure
	}
	if d.summary(found, time.Since(began)) || differs || ctx.Err() != nil {
		return exitFailure
	}
	return exitOK
}

// write drafts what was found and writes it.
func (d *discovery) write(found []discover.Found) (differs bool, err error) {
	w := &hostWriter{out: d.out, by: "snmp discover", diff: d.diff, replace: d.replace, stdout: d.stdout, stderr: d.stderr,
		given: credentialFile{path: d.options.File, words: d.options.Device.Credentials}}
	if err := d.whole(found, w); err != nil {
		return false, err
	}
	names := hostNames{}
	var hosts []hostfile.Host
	for _, f := range found {
		if f.Err != nil {
			continue
		}
		agent := hostfile.Agent{Name: names.name(f), Address: f.Target.Address, Port: f.Target.Port}
		if agent.Credentials, err = w.credentials(f.Target.Device(d.options.Device).Credentials, agent.Name); err != nil {
			return false, err
		}
		hosts = append(hosts, hostfile.Draft(f.Device, agent))
	}
	return w.write(hosts)
}

// whole refuses to write over a file of many hosts while one of them is silent:
// it would be lost.
func (d *discovery) whole(found []discover.Found, w *hostWriter) error {
	for _, f := range found {
		if w.replace && w.out != "" && !w.isFolder() && f.Err != nil && !f.Target.Ranged {
			return fmt.Errorf("%w\n%s is left as it is: it would lose a host that does not answer (a folder as --out has a file for each)", f.Err, w.out)
		}
	}
	return nil
}

// summary says how many answered, and why the others did not; failed is true when
// one that was named did not.
func (d *discovery) summary(found []discover.Found, took time.Duration) (failed bool) {
	answered, silent := 0, 0
	for _, f := range found {
		switch {
		case f.Err == nil:
			answered++
			for _, g := range f.Device.Gaps {
				fmt.Fprintf(d.stderr, "%s: %s: %v\n", f.Target.Address, g.What, g.Err)
			}
		case f.Target.Ranged && (errors.Is(f.Err, snmp.ErrTimeout) || errors.Is(f.Err, snmp.ErrRefused) || errors.Is(f.Err, snmp.ErrUnreachable)):
			silent++
		default:
			fmt.Fprintln(d.stderr, f.Err)
			failed = true
		}
	}
	agents := "agents"
	if len(found) == 1 {
		agents = "agent"
	}
	fmt.Fprintf(d.stderr, "%d %s asked in %s: %d answered", len(found), agents, took.Round(time.Second/10), answered)
	if silent > 0 {
		fmt.Fprintf(d.stderr, ", of ranges %d did not", silent)
	}
	fmt.Fprintln(d.stderr)
	return failed
}

// progress is a line on a terminal that is written over as agents answer.
type progress struct {
	w                     io.Writer // nil: no terminal
	all, asked, answering int
}

func newProgress(w io.Writer, all int) *progress {
	p := &progress{all: all}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = w
			p.show() // one large device takes its time, too
		}
	}
	return p
}

func (p *progress) one(f discover.Found) {
	p.asked++
	if f.Err == nil {
		p.answering++
	}
	if p.w != nil {
		p.show()
	}
}

func (p *progress) show() {
	fmt.Fprintf(p.w, "\r%d of %d asked, %d answered …", p.asked, p.all, p.answering)
}

// end clears the line.
func (p *progress) end() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
