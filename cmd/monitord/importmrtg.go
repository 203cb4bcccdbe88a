package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"monitord/collectors/snmp/hostfile"
	"monitord/collectors/snmp/mib"
	"monitord/collectors/snmp/mrtg"
)

// importMRTGCmd translates mrtg.cfg.
type importMRTGCmd struct {
	Lint    bool     `help:"Write no hosts; only list what cannot be translated."`
	Out     string   `help:"Where to write; of a folder, a file for each host. Communities go into a file of mode 0600 beside it." placeholder:"FILE|DIR"`
	Diff    bool     `help:"Write nothing; show the difference to --out."`
	Replace bool     `help:"Write over what is there."`
	MIB     []string `name:"mib" help:"Folders of MIB files, for names of objects, instead of /etc/monitord/mibs." placeholder:"DIR"`
	Files   []string `arg:"" help:"Files of MRTG, such as /etc/mrtg.cfg." name:"file"`
}

// Help is the end of --help.
func (importMRTGCmd) Help() string {
	return `Example: monitord import mrtg --out /etc/monitord/mrtg.yaml /etc/mrtg.cfg
         monitord config check /etc/monitord
Targets by interface become the check of the host's interfaces, those of objects become checks of the kind snmp. What cannot be translated is
listed on standard error with its place. How MRTG's pictures look is not taken over.
Exit codes: 0 all was translated, 1 something was not, or what is there differs, 2 wrong options.`
}

// Run needs no server.
func (c importMRTGCmd) Run(e *env) error {
	if c.MIB == nil {
		c.MIB = mib.Folders(mib.DefaultFolder)
	}
	names, err := mib.Load(c.MIB...)
	if names == nil {
		return err
	}
	taken := hostNames{}
	w := &hostWriter{out: c.Out, by: "import mrtg", diff: c.Diff, replace: c.Replace, stdout: e.stdout, stderr: e.stderr}
	options := mrtg.Options{Read: os.ReadFile, Name: taken.address, Object: func(name string) error {
		_, err := names.Find(name)
		return err
	}}
	var hosts []hostfile.Host
	faults := []error{err}
	targets, lost := 0, 0
	for _, name := range c.Files {
		data, err := os.ReadFile(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read targets: %w", err))
			continue
		}
		t := mrtg.Translate(name, data, options)
		targets, lost = targets+t.Targets, lost+len(t.Lost)
		for _, n := range t.Notes {
			fmt.Fprintln(e.stderr, "note:", n)
		}
		for _, l := range t.Lost {
			fmt.Fprintln(e.stderr, l)
		}
		for _, h := range t.Hosts {
			if h.Host.Credentials, err = w.credentials(h.Credentials, h.Name); err != nil {
				return err
			}
			hosts = append(hosts, h.Host)
		}
	}
	differs := false
	if !c.Lint {
		differs, err = w.write(hosts)
		faults = append(faults, err)
	}
	fmt.Fprintf(e.stderr, "%d targets on %d hosts; %s\n", targets, len(hosts), countLost(lost))
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if lost > 0 || differs {
		return exitCode(exitFailure)
	}
	return nil
}

func countLost(n int) string {
	switch n {
	case 0:
		return "everything was translated"
	case 1:
		return "1 thing could not be translated"
	}
	return fmt.Sprintf("%d things could not be translated", n)
}

// address makes a name of an address, and takes it.
func (n hostNames) address(address string) string {
	name := hostName(strings.ReplaceAll(address, ":", "-"))
	if name == "" {
		name = "host"
	}
	return n.take(name)
}
