//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// logsProbe: a probe follows a log of its host with rules that the server gives it.
// Both are killed again and again while lines are written and the log is rotated:
// each line is in the server's journal once. A line raises an incident at the
// server, with the lines before it.
func logsProbe(t *testing.T) {
	w := newWorld(t)
	log := filepath.Join(w.dir, "app.log")
	w.configure(fmt.Sprintf(`hosts:
  node1:
    logs:
      files: {app: %s}
      rules:
        number: {match: 'number \d+', state: warning, clear_after: 1h, journal_lines: 1000}
        fault: {match: Out of memory, state: critical, clear: memory is freed}
`, log))
	w.serve()
	dir := w.enrol("node1")
	appendTo(t, filepath.Join(dir, "probe.yaml"), fmt.Sprintf("logs: {allow: [%s]}\n", log))
	p := w.probe(dir)
	written := 0
	write := func(lines int) {
		var b strings.Builder
		for range lines {
			written++
			fmt.Fprintf(&b, "number %d end\n", written)
		}
		appendTo(t, log, b.String())
	}
	// What stands in a log before it is followed is no news.
	eventually(t, 60*time.Second, "the probe follows the log", func() string {
		if w.numbers()[0] > 0 {
			return ""
		}
		appendTo(t, log, "number 0 end\n")
		return "no line came"
	})

	for round := range 8 {
		write(50)
		if round%2 == 0 {
			p.kill()
		} else {
			w.server.kill()
		}
		write(10 + rand.IntN(40))
		if err := os.Rename(log, fmt.Sprintf("%s.%d", log, round)); err != nil {
			t.Fatal(err)
		}
		write(10)
		if round%2 == 0 {
			p = w.probe(dir)
		} else {
			w.serve()
		}
	}
	appendTo(t, log, "number 1000000 end\n")
	eventually(t, 60*time.Second, "the last line is in the journal", func() string {
		if w.numbers()[1_000_000] == 0 {
			return "it is not"
		}
		return ""
	})
	found := w.numbers()
	for n := 1; n <= written; n++ {
		if found[n] != 1 {
			t.Errorf("line %d of %d is in the journal %d times", n, written, found[n])
		}
	}
	say(t, "8 kills, 8 rotations: %d lines written, each is in the journal once", written)

	var before strings.Builder
	for i := range 15 {
		fmt.Fprintf(&before, "line %d before it\n", i)
	}
	appendTo(t, log, before.String()+"Out of memory: Killed process 4711 (java)\n")
	w.awaitState(20*time.Second, "node1/log[fault]", "CRITICAL")
	id, evidence := w.lastIncident("node1/log[fault]")
	if lines := strings.Split(evidence, "\n"); len(lines) != 11 || !strings.HasSuffix(lines[0], "line 5 before it") || !strings.HasSuffix(lines[10], "Killed process 4711 (java)") {
		t.Errorf("incident %s has the lines %q", id, evidence)
	}
	appendTo(t, log, "memory is freed\n")
	w.awaitState(20*time.Second, "node1/log[fault]", "OK")
}

// numbers counts how often each endedNumber line is in the journal.
func (w *world) numbers() map[int]int {
	found := map[int]int{}
	for _, e := range w.events() {
		if e.Kind != "log" {
			continue
		}
		for _, m := range endedNumber.FindAllStringSubmatch(e.Text, -1) {
			n, _ := strconv.Atoi(m[1]) // digits only
			found[n]++
		}
	}
	return found
}

var endedNumber = regexp.MustCompile(`number (\d+) end`)

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}
