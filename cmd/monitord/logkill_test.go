package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/alerting/journal"
	"monitord/internal/logwatch"
)

const (
	killLines = 1600 // written in all
	killBurst = 8    // lines at a time
	killEach  = 25 * time.Millisecond
	killTimes = 8
)

// TestAServerThatIsKilledJudgesEachLineOnce kills a real server (SIGKILL) while
// lines are written and the file is rotated, and then counts the entries of the
// journal: one for each line, and one for each tenth line, which only comes out
// when a threshold's counter was neither lost nor doubled.
func TestAServerThatIsKilledJudgesEachLineOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, data, conf := filepath.Join(dir, "app.log"), filepath.Join(dir, "d"), filepath.Join(dir, "c.yaml")
	yaml := fmt.Sprintf(`listen: 127.0.0.1:0
probes: {listen: "127.0.0.1:0"}
logs:
  files: [{path: %s, from: beginning}]
  rules:
  - {name: each, match: 'request (?<n>\d+) took', journal_lines: 10000}
  - {name: tenth, match: request, journal_lines: 10000, threshold: {type: threshold, count: 10, within: 1d}}
`, path)
	if err := os.WriteFile(conf, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error, 1)
	go func() { wrote <- writeAndRotate(path) }()
	for range killTimes {
		s := startKilled(t, conf, data)
		time.Sleep(300*time.Millisecond + rand.N(400*time.Millisecond)) // any moment will do
		s.kill()
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	s := startKilled(t, conf, data)
	want := fmt.Sprint(killLines)
	var out []byte
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("events:\n%s\nserver:\n%s", out, s.out.String())
		}
	})
	until(t, "the last line", func() bool {
		var err error
		out, err = exec.Command("monitord", "events", "--data", data, "--kind", "log", "--limit", "30").CombinedOutput()
		return err == nil && bytes.Contains(out, []byte("request "+want+" took"))
	})
	s.kill()
	countEntries(t, data)
}

// writeAndRotate writes numbered lines and renames the file now and then.
func writeAndRotate(path string) error {
	tick := time.NewTicker(killEach)
	defer tick.Stop()
	for n := 1; n <= killLines; {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		for range killBurst {
			if _, err := fmt.Fprintf(f, "request %d took %d ms\n", n, n%97); err != nil {
				return err
			}
			n++
		}
		if err := f.Close(); err != nil {
			return err
		}
		if n%(50*killBurst) == 1 && n < killLines {
			if err := os.Rename(path, path+"."+strconv.Itoa(n)); err != nil {
				return err
			}
		}
		<-tick.C
	}
	return nil
}

// killed is a server that does not end by itself.
type killed struct {
	t   *testing.T
	cmd *exec.Cmd
	out bytes.Buffer
}

func startKilled(t *testing.T, conf, data string) *killed {
	t.Helper()
	s := &killed{t: t, cmd: exec.Command("monitord", "run", "--config", conf, "--data", data)}
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *killed) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatalf("it had ended: %v\n%s", err, s.out.String())
	}
	if err := s.cmd.Wait(); s.cmd.ProcessState.ExitCode() != -1 {
		s.t.Fatalf("it ended by itself: %v\n%s", err, s.out.String())
	}
}

func countEntries(t *testing.T, data string) {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: data, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	events, err := j.Events(context.Background(), alerting.EventFilter{Kind: alerting.EventLogMatch, Limit: 10 * killLines})
	if err != nil {
		t.Fatal(err)
	}
	seen, tenths := map[string]int{}, 0
	for _, e := range events {
		var m logwatch.Match
		if err := json.Unmarshal(e.Data, &m); err != nil {
			t.Fatal(err)
		}
		if m.Rule == "tenth" {
			tenths++
			continue
		}
		seen[m.Labels["n"]]++
	}
	lost, doubled := 0, 0
	for n := 1; n <= killLines; n++ {
		switch seen[strconv.Itoa(n)] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
	}
	if lost+doubled != 0 || len(seen) != killLines || tenths != killLines/10 {
		t.Errorf("%d lines lost, %d doubled, %d known; %d tenths, want %d", lost, doubled, len(seen), tenths, killLines/10)
	}
}
