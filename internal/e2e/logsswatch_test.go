//go:build e2e

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// likeSwatch has every word of swatch's that needs no shell and no mail. RECORD is
// a program that prints its arguments. Rules with continue come first.
const likeSwatch = `perlcode my $address = '\d+\.\d+\.\d+\.\d+';
ignore /CRON\[\d+\]: \(root\)/
watchfor /Failed password for (invalid user )?(\S+) from ($address)/
	threshold track_by=$3,type=both,count=2,seconds=7200
	exec "RECORD brute $3"
	continue
watchfor /Failed password/
	echo bold,red
	continue
watchfor /mysqld.* host: '\d+\.\d+\.(\d+)\./
	threshold track_by=$1,type=limit,count=1,seconds=7200
	echo
	continue
watchfor /SRC=\d+\.\d+\.(\d+)\./
	threshold track_by=$1,type=threshold,count=20,seconds=7200
	echo message=scan from $1
	continue
watchfor /systemd\[1\]: apt-daily/
	throttle 2:00:00
	echo
	continue
watchfor /Failed publickey for (root|admin)/
	exec "RECORD key of $1",when=*:*
	echo blue,when=NEVER:*
	echo when=0-6:0-23
	continue
watchfor /(?<=link is )down/
	bell 2
	continue
watchfor /Failed (?!publickey)(\w+)/
	exec RECORD not-key $1
	continue
watchfor /I\/O error, dev (sd[a-z]), sector (\d+)/ && !/reading response/
	exec "RECORD disk $1 sector $2"
	echo underline
	bell
watchfor /Out of memory: Killed process (\d+) \((\S+)\)/
	exec "RECORD oom $2 $1"
watchfor m{EXT4-fs (error|warning)}
	echo red
	pipe "RECORD piped"
watchfor /segfault at [0-9a-f]+/ || /general protection/
	echo magenta
watchfor /nfs: server (\S+) not responding/
	throttle 2:00:00,key=nfs
	echo
watchfor /status=(bounced|deferred)/
	exec RECORD mail $1
watchfor /Disk failure on (\w+)/i
	exec "RECORD raid $1"
	bell 3
watchfor /temperature above threshold/
	threshold type=both,count=3,seconds=7200
	echo
watchfor /(slapd|mysqld|postgres|named)(\[\d+\])?: .*FATAL/
	echo bold
	exec RECORD fatal $1
watchfor /too many open files/
	echo
	exec "RECORD files"
watchfor /(\w+)\[\d+\]: node lost connection/
	exec "RECORD lost $1 ${1}x"
watchfor /could not bind to port (\d+)/
	echo
	pipe "tr a-z A-Z"
watchfor /ERROR:\s+connection to peer/
	echo green
watchfor /NIC link is Up/
	echo cyan
watchfor /THE END/
	echo
	quit
`

// logsLikeSwatch gives Debian's swatchdog and monitord the same configuration and
// the same log of 50 MB, and compares all that they print, and that their programs
// print, byte for byte.
func logsLikeSwatch(t *testing.T) {
	t.Run("swatchdog", func(t *testing.T) {
		swatchdog := need(t, "swatchdog", "swatch")
		dir := logFolder(t)
		record := put(t, filepath.Join(dir, "record"), "#!/bin/sh\nfor a; do printf '<%s>' \"$a\"; done\ncase $1 in piped) cat;; *) echo;; esac\n")
		text := strings.NewReplacer("RECORD", record, "NEVER", fmt.Sprint((int(time.Now().Weekday())+3)%7)).Replace(likeSwatch)
		rules := put(t, filepath.Join(dir, "rc"), text)
		log := likeSwatchLog(t, dir, 50_000_000)

		began := time.Now()
		theirs := runToEnd(t, dir, swatchdog, "--config-file="+rules, "--examine="+log, "--script-dir="+dir)
		_, theirs, _ = strings.Cut(theirs, "*** swatchdog version")
		_, theirs, _ = strings.Cut(theirs, "\n\n")
		took := time.Since(began)
		began = time.Now()
		ours := runToEnd(t, dir, bin(t, "monitord"), "logs", "follow", "--from", "beginning", "--config-file", rules, "--tail-file", log)
		ourTime := time.Since(began)

		a, b := strings.SplitAfter(ours, "\n"), strings.SplitAfter(theirs, "\n")
		for i := range max(len(a), len(b)) {
			if i >= len(a) || i >= len(b) || a[i] != b[i] {
				t.Errorf("line %d differs: we %.300q, swatchdog %.300q", i+1, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
				break
			}
		}
		ran := strings.Count(theirs, "\n<") + strings.Count(theirs, "m<")
		if len(b) < 1000 || ran < 200 || !strings.Contains(theirs, "THE END") {
			t.Errorf("swatchdog printed %d lines and ran %d programs: too little to show anything", len(b), ran)
		}
		say(t, "%d rules, 50 MB: both printed the same %d lines, in the same order, of which %d by programs; swatchdog %.1f s, monitord %.1f s",
			strings.Count(text, "watchfor")+1, len(b)-1, ran, took.Seconds(), ourTime.Seconds())
	})
	t.Run("sec", logsLikeSec)
}

// likeSwatchLog is a log of a size whose last line ends both programs.
func likeSwatchLog(t *testing.T, dir string, size int64) string {
	t.Helper()
	path := filepath.Join(dir, "log")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	if _, err := testlogs.Write(out, size, 11); err != nil {
		t.Fatal(err)
	}
	for i, fault := range testlogs.Faults(106) {
		fmt.Fprintf(out, "Nov 25 10:00:%02d host01 %s\n", i%60, fault)
	}
	fmt.Fprint(out, "Nov 25 10:01:00 host01 app[1]: THE END\n")
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}

// runToEnd runs a program and returns what it, and those that it started, printed.
func runToEnd(t *testing.T, home string, argv ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "HOME="+home, "LC_ALL=C")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", argv[0], err, stderr.String())
	}
	return string(out)
}

// secRules and likeSec say the same to sec and to us.
const secRules = `type=SingleWithThreshold
continue=TakeNext
ptype=RegExp
pattern=Failed password for (?:invalid user )?(\S+) from (\S+)
desc=brute $2
action=write - brute $2
window=7200
thresh=3

type=SingleWithSuppress
continue=TakeNext
ptype=RegExp
pattern=nfs: server (\S+) not responding
desc=nfs $1
action=write - nfs $1
window=7200

type=Single
continue=TakeNext
ptype=RegExp
pattern=I/O error, dev (sd[a-z]), sector (\d+)
desc=disk
action=write - disk $1 $2

type=PairWithWindow
continue=TakeNext
ptype=RegExp
pattern=backup of (\S+) began
desc=backup $1
action=write - late $1
ptype2=RegExp
pattern2=backup of $1 ended
desc2=backup ended
action2=none
window=2
`

const likeSec = `rules:
  - {match: 'Failed password for (?:invalid user )?(\S+) from (\S+)', threshold: {type: both, count: 3, within: 2h}, by: $2, echo: true, message: brute $2}
  - {match: 'nfs: server (\S+) not responding', threshold: {type: limit, count: 1, within: 2h}, by: $1, echo: true, message: nfs $1}
  - {match: 'I/O error, dev (sd[a-z]), sector (\d+)', echo: true, message: disk $1 $2}
  - {match: 'backup of (\S+) began', without: 'backup of (\S+) ended', within: 2s, by: $1, echo: true, message: late $1}
`

// logsLikeSec compares thresholds, suppression and pairs with Debian's sec: the
// same events of the same file, and what did not come at the same time.
func logsLikeSec(t *testing.T) {
	sec := need(t, "sec", "sec")
	dir := logFolder(t)
	log := likeSwatchLog(t, dir, 10_000_000)
	faults := testlogs.Faults(1)
	for i := range 30 { // a host that tries again and again
		add(t, log, fmt.Sprintf("Nov 25 10:02:00 host01 %s\nNov 25 10:02:00 host01 kernel: nfs: server db%d not responding\nkernel: I/O error, dev sda, sector %d\n",
			strings.Replace(faults[0], "203.0.113.10", fmt.Sprintf("198.51.100.%d", i%8), 1), i%7, i))
	}
	theirs := start(t, dir, "sec", sec, "--conf="+put(t, filepath.Join(dir, "sec.conf"), secRules), "--input="+log, "--fromstart", "--debug=3")
	ours := followLogs(t, dir, "--from", "beginning", "--rules", put(t, filepath.Join(dir, "rules.yaml"), likeSec), log)
	both := func(what string) {
		t.Helper()
		for _, p := range []*process{theirs, ours} {
			eventually(t, 60*time.Second, p.name+" tells "+what, func() string {
				if !slices.Contains(strings.Split(p.output(), "\n"), what) {
					return "it does not"
				}
				return ""
			})
		}
	}
	add(t, log, "I/O error, dev sdz, sector 1\n")
	both("disk sdz 1")
	for i := range 20 {
		add(t, log, fmt.Sprintf("backup of db%02d began\n", i))
	}
	for i := 0; i < 20; i += 3 {
		add(t, log, fmt.Sprintf("backup of db%02d ended\n", i))
	}
	both("late db19")
	time.Sleep(1500 * time.Millisecond) // none may come that should not
	a, b := secEvents(ours), secEvents(theirs)
	if !slices.Equal(a, b) {
		t.Errorf("we told\n%s\nsec\n%s", strings.Join(a, "\n"), strings.Join(b, "\n"))
	}
	kinds := map[string]int{}
	for _, e := range b {
		kinds[strings.Fields(e)[0]]++
	}
	if kinds["brute"] < 8 || kinds["nfs"] < 7 || kinds["disk"] < 30 || kinds["late"] != 13 {
		t.Errorf("sec told %v: too little to show anything", kinds)
	}
	say(t, "sec and monitord told the same %d events: %v", len(b), kinds)
}

// secEvents are the events in their order; those of one moment, by name.
func secEvents(p *process) []string {
	var events, late []string
	for line := range strings.Lines(p.output()) {
		switch line = strings.TrimSpace(line); {
		case strings.HasPrefix(line, "late "):
			late = append(late, line)
		case strings.HasPrefix(line, "brute "), strings.HasPrefix(line, "nfs "), strings.HasPrefix(line, "disk "):
			events = append(events, line)
		}
	}
	slices.Sort(late)
	return append(events, late...)
}
