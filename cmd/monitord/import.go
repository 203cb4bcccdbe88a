package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"

	"monitord/checks/logs"
	"monitord/internal/config"
)

// importCmd reads what other programs are configured with.
type importCmd struct {
	Swatch importSwatchCmd `cmd:"" help:"Write the rules of swatch's files as rules of our own."`
	MRTG   importMRTGCmd   `cmd:"" name:"mrtg" help:"Write the targets of mrtg.cfg as hosts of our own."`
}

// importSwatchCmd translates rules of swatch.
type importSwatchCmd struct {
	Lint  bool     `help:"Write no rules; only list what cannot be translated."`
	Awk   bool     `name:"awk-field-syntax" help:"$N is a word of the line."`
	Files []string `arg:"" help:"Files of swatch, such as ~/.swatchdogrc." name:"file"`
}

// Help is the end of --help.
func (importSwatchCmd) Help() string {
	return `Example: monitord import swatch ~/.swatchdogrc >/etc/monitord/logs.yaml
         monitord logs test --rules /etc/monitord/logs.yaml /var/log/syslog
What cannot be translated is listed on standard error with its place; a command that needs a shell, with the form that needs none.
The rules of several files follow one another, as if they were one file. Run them by monitord logs follow.
Exit codes: 0 all was translated, 1 something was not, 2 wrong options.`
}

// Run needs no server.
func (c importSwatchCmd) Run(e *env) error {
	var all bytes.Buffer
	var lost config.Faults
	var faults []error
	rules := 0
	for _, name := range c.Files {
		data, err := os.ReadFile(name)
		if err != nil {
			faults = append(faults, fmt.Errorf("read rules: %w", err))
			continue
		}
		t := logs.TranslateSwatch(name, data, logs.SwatchOptions{AwkFields: c.Awk, Read: os.ReadFile})
		rules += t.Rules
		lost = append(lost, t.Lost...)
		all.Write(bytes.TrimPrefix(t.YAML, []byte(logs.TranslationHead)))
		for _, n := range t.Notes {
			fmt.Fprintln(e.stderr, "note:", n)
		}
	}
	for _, f := range lost {
		fmt.Fprintln(e.stderr, f.Error())
	}
	if rules > 0 && !c.Lint {
		if _, err := fmt.Fprintf(e.stdout, "# Made of %d rules of swatch by: monitord import swatch\n%s%s", rules, logs.TranslationHead, all.Bytes()); err != nil {
			return err
		}
	}
	fmt.Fprintf(e.stderr, "%d rules; %s\n", rules, cmp.Or(lostSays(len(lost)), "everything was translated"))
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if len(lost) > 0 {
		return exitCode(exitFailure)
	}
	return nil
}

func lostSays(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 thing could not be translated"
	}
	return fmt.Sprintf("%d things could not be translated", n)
}
