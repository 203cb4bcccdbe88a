package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks/logs"
	"monitord/internal/testlogs"
)

// swatchdog runs Debian's on a file and returns what it printed, without its
// greeting.
func swatchdog(t *testing.T, config, log string) string {
	t.Helper()
	path, err := exec.LookPath("swatchdog")
	if err != nil {
		t.Skipf("%v (apt-get install -y --no-install-recommends swatch)", err)
	}
	cmd := exec.CommandContext(t.Context(), path, "--config-file="+config, "--examine="+log, "--script-dir="+t.TempDir())
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "LC_ALL=C")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("swatchdog: %v\n%s", err, &stderr)
	}
	_, after, _ := strings.Cut(string(out), "*** swatchdog version")
	_, after, ok := strings.Cut(after, "\n")
	if !ok {
		t.Fatalf("swatchdog printed %q", out)
	}
	return strings.TrimPrefix(after, "\n")
}

// ourselves runs the same rules with the same actions.
func ourselves(t *testing.T, config, format, log string) string {
	t.Helper()
	set, _, err := readLogRules(config, format, false, logs.ByArrival)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(log)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out, errs bytes.Buffer
	acts, err := newLogActions(config, true, &out, &errs)
	if err != nil {
		t.Fatal(err)
	}
	m := logs.NewMatcher(logs.NewTracker(set, logs.Deps{}, time.Now()), logs.Line{File: log}, time.Now)
	blocks := logs.NewBlocks(f, 0)
	for on := true; on; {
		b, err := blocks.Next()
		if err != nil {
			break
		}
		on = m.Scan(context.Background(), b.Text, func(m *logs.Match) bool {
			quit, err := acts.do(t.Context(), m.Actions)
			if err != nil {
				t.Fatal(err)
			}
			return !quit
		})
	}
	if errs.Len() > 0 {
		t.Errorf("%s", &errs)
	}
	return out.String()
}

// oracleLog is a few megabytes with some oddities at its end.
func oracleLog(t *testing.T, dir string, size int64) string {
	t.Helper()
	path := filepath.Join(dir, "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := testlogs.Write(f, size, 5); err != nil {
		t.Fatal(err)
	}
	for _, fault := range testlogs.Faults(106) {
		if _, err := f.WriteString("Nov 25 00:15:00 host01 " + fault + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	odd := "one Critical two\nCRITICAL three\nCritical; rm -rf $HOME `id` \"quoted\" 'single' \\back\n\nCritical\r\nCritical caf\xe9 \xff\nno line break Critical"
	if _, err := f.WriteString(odd); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSwatchdogAndWeDoTheSame compares everything that rules print, in its order.
func TestSwatchdogAndWeDoTheSame(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	log := oracleLog(t, dir, 2<<20)
	record := filepath.Join(dir, "record")
	script := "#!/bin/sh\nfor a; do printf '<%s>' \"$a\"; done; echo\n"
	if err := os.WriteFile(record, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	var many strings.Builder
	for _, e := range testlogs.Expressions(50) {
		many.WriteString("watchfor /" + strings.ReplaceAll(e, "/", `\/`) + "/\n\techo\n")
	}
	// Rules that each go on to the next: a start of Perl for each would take long.
	together := strings.Join([]string{
		"watchfor /Failed password for (invalid user )?(\\S+) from (\\S+)/\n\texec \"RECORD user $2 from-$3 ${2}x end\"\n",
		"watchfor /^one (Critical) (two)$/\n\texec RECORD $1 $2\n",
		"watchfor /Failed/ && !/publickey/ || /three/\n\techo\n",
		"watchfor not /kernel|sshd|app|nginx|haproxy|postfix|systemd|CRON|named|dhcpd|mysqld|kubelet|sudo|postgres|dovecot/ and /\\S/\n\techo\n",
		"watchfor m!/dev/|dev sdc!\n\techo\n",
		"watchfor m{Disk\\s+failure}i\n\techo\n",
		"perlcode my $ip = '\\d+\\.\\d+\\.\\d+\\.\\d+';\n",
		"perlcode 0 my $who = 'invalid user';\n",
		"watchfor /$who (\\w+) from ($ip) port/\n\texec RECORD $1 $2\n",
		"watchfor /Failed (?!publickey)(\\w+)/\n\texec RECORD $1\n",
		"watchfor /(?<=link is )down/\n\techo\n",
		"watchfor /(o)\\1 many/\n\techo\n",
		"watchfor /sector \\d++ op/\n\techo\n",
		"watchfor /\\(d(?>m-\\d+)/\n\techo\n",
		"watchfor /Failed \\s password # of a user/x\n\techo\n",
		"watchfor /Failed|\\\n   three/\n\techo bold,\\\n\tred\n",
		"perlcode my $re = qr/out of memory/i;\n",
		"watchfor /$re: (\\w+)/\n\techo\n",
		"watchfor /\\bdown\\b/\n\techo\n",
		"watchfor /\\Bddress\\s\\w+/\n\techo\n",
		"watchfor /caf.\\s/\n\techo\n",
		"watchfor /SRC=(\\S+) .* SPT=(77\\d+)/\n\tthreshold track_by=$1,type=limit,count=1,seconds=60\n\texec \"RECORD $1:$2 $2\"\n",
		"watchfor /(Critical)/\n\techo message=it is $1\n",
		"watchfor /Failed password/\n\tpipe \"tr a-z A-Z\"\n\techo\n",
		"watchfor /Failed/\n\techo when=*:*\n\techo red,when=0-6:0-23\n",
		"watchfor /Failed/, /password/\n\techo\n",
		"watchfor /critical/i\n\techo red\n",
	}, "\tcontinue\n")
	together = strings.ReplaceAll(together, ";\n\tcontinue\n", ";\n")
	configs := map[string]string{
		"together":      together,
		"one rule":      "watchfor /Critical/\n\techo\n\texec RECORD\n",
		"fifty rules":   many.String(),
		"ignore":        "ignore /publickey|two/\nwatchfor /Failed|Critical/\n  echo bold\n  exec \"RECORD failed\"\n",
		"continue":      "watchfor /Failed/\n\techo\n\tcontinue\nwatchfor /password/\n\techo blue\nwatchfor /three/\n\tbell 2\n\techo=underline\n",
		"quit":          "watchfor /Out of memory/\n\techo\n\tquit\nwatchfor /Failed/\n\techo\n",
		"limit":         "watchfor /publickey for (\\S+) from/\n\tthreshold track_by=$1,type=limit,count=2,seconds=3600\n\techo\n",
		"threshold":     "watchfor /Accepted publickey for (\\S+)/\n\tthreshold track_by=$1,type=threshold,count=50,seconds=3600\n\techo\n\texec \"RECORD $1\"\n",
		"both":          "watchfor /kernel/\n\tthreshold type=both,count=20,seconds=3600\n\techo\n",
		"throttle":      "watchfor /systemd/\n\tthrottle 1:00:00\n\techo\n\tcontinue\nwatchfor /apt-daily/\n\tthrottle 1:00:00,key=apt\n\techo\n",
		"nothing to do": "watchfor /Failed/\nwatchfor /password|three/\n\techo\n",
		"case of words": "WATCHFOR /Failed password/\n\techo\nIgnore /./\nwatchfor /Critical/\n\techo\n",
		"all lines":     "ignore /host[0-3]\\d/\nwatchfor /.?/\n\techo\n",
		"waitfor":       "waitfor /Failed/\n\techo\nwatchfor /password/\n\techo\n",
	}
	short := []string{"together", "fifty rules", "throttle"}
	for name, config := range configs {
		if testing.Short() && !slices.Contains(short, name) {
			continue // each costs a start of Perl
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".rc")
			if err := os.WriteFile(path, []byte(strings.ReplaceAll(config, "RECORD", record)), 0o644); err != nil {
				t.Fatal(err)
			}
			want := swatchdog(t, path, log)
			got := ourselves(t, path, "swatch", log)
			if got != want {
				t.Errorf("we did\n%.1500s\nswatchdog did\n%.1500s", diff(got, want), diff(want, got))
			}
			if !slices.Contains(untranslatable, name) {
				imported := ourselves(t, importedRules(t, path), "yaml", log)
				if got, want := plainEnds(imported), plainEnds(want); got != want {
					t.Errorf("imported rules did\n%.1500s\nswatchdog did\n%.1500s", diff(got, want), diff(want, got))
				}
			}
			if want == "" {
				t.Error("swatchdog did nothing: the case says nothing")
			}
		})
	}
}

// untranslatable are cases with words that our rules have not: quit.
var untranslatable = []string{"quit"}

// importedRules is the file that `monitord import swatch` makes of one.
func importedRules(t *testing.T, rc string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"import", "swatch", rc}, nil, &out, &errs); code > exitFailure || out.Len() == 0 {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	for line := range strings.Lines(errs.String()) {
		if strings.HasPrefix(line, rc) && !strings.Contains(line, "echo: the colours") {
			t.Errorf("not translated: %s", line)
		}
	}
	path := strings.TrimSuffix(rc, ".rc") + ".yaml"
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// plainEnds is text without codes for terminals, and without carriage returns:
// they are not a part of a line to our own rules.
func plainEnds(s string) string {
	return strings.ReplaceAll(ansiCode.ReplaceAllString(s, ""), "\r", "")
}

var ansiCode = regexp.MustCompile("\x1b\\[[0-9;]*m")

// diff is a from the first line in which it differs from b.
func diff(a, b string) string {
	x, y := strings.SplitAfter(a, "\n"), strings.SplitAfter(b, "\n")
	for i := range x {
		if i >= len(y) || x[i] != y[i] {
			return strings.Join(x[i:min(len(x), i+8)], "")
		}
	}
	return ""
}
