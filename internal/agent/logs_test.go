package agent_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/agent"
	"monitord/internal/agent/watched"
	"monitord/internal/intake"
	"monitord/internal/text"
	"monitord/internal/wire"
)

func newWatcher(cfg agent.Config) *watched.Watcher {
	return watched.New(watched.Deps{
		Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: filepath.Join(cfg.Dir, "logs"), Allow: cfg.Logs.Allow, File: "probe.yaml",
	})
}

// logged is a probe's machine with a log, and a server that assigned it.
type logged struct {
	*server
	dir, log string
	file     *os.File
	number   int
}

// newLogged assigns a rule that a line raises and another one ends: each line
// brings one result.
func newLogged(t *testing.T) *logged {
	s := newServer(t)
	l := &logged{server: s, log: filepath.Join(t.TempDir(), "app.log")}
	raw := fmt.Sprintf(`{"files": [{"path": %q, "from": "beginning"}], "rules": [{"name": "link", "match": "link down", "clear": "link up", "state": "critical"}]}`, l.log)
	s.stop()
	s.deps = func(d *intake.Deps) {
		d.Assignment = func(string) (wire.Assignment, <-chan struct{}) {
			return wire.Assignment{Revision: "1", Interval: time.Second, Logs: json.RawMessage(raw)}, nil
		}
	}
	s.start()
	l.dir = s.enrol("web1")
	l.allow(filepath.Dir(l.log) + "/**")
	l.rotate("")
	t.Cleanup(func() { _ = l.file.Close() })
	return l
}

// allow writes what this machine's owner allows.
func (l *logged) allow(pattern string) {
	l.t.Helper()
	path := filepath.Join(l.dir, agent.ConfigFile)
	raw, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, fmt.Appendf(raw, "logs: {allow: [%q]}\n", pattern), 0o600)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// rotate begins another file.
func (l *logged) rotate(to string) {
	l.t.Helper()
	var err error
	if to != "" {
		if err = os.Rename(l.log, to); err == nil {
			err = l.file.Close()
		}
	}
	if err == nil {
		l.file, err = os.OpenFile(l.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// write appends pairs of lines.
func (l *logged) write(pairs int) {
	l.t.Helper()
	var b strings.Builder
	for range pairs {
		fmt.Fprintf(&b, "link down %d\nsomething else\nlink up %d\n", l.number, l.number+1)
		l.number += 2
	}
	if _, err := l.file.WriteString(b.String()); err != nil {
		l.t.Fatal(err)
	}
}

// told are the sentences of the results that came, in order.
func (l *logged) told() (out []string) {
	l.mem.mu.Lock()
	defer l.mem.mu.Unlock()
	for _, events := range l.mem.events {
		for _, e := range events {
			var r wire.ResultData
			if e.Kind != wire.KindResult || json.Unmarshal(e.Data, &r) != nil || r.Check != wire.LogCheck {
				continue
			}
			for _, one := range r.Results {
				out = append(out, one.State.String()+" "+text.Default().Render(text.English, nil, one.Summary))
			}
		}
	}
	return out
}

// verify wants every line once, in its order.
func (l *logged) verify() {
	l.t.Helper()
	var want []string
	for n := 0; n < l.number; n += 2 {
		want = append(want, fmt.Sprintf("link down %d", n), fmt.Sprintf("link up %d", n+1))
	}
	got := l.told()
	if len(got) != len(want) {
		l.t.Errorf("%d results of %d lines", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if !strings.HasSuffix(got[i], want[i]) {
			l.t.Fatalf("result %d is %q, want %q", i, got[i], want[i])
		}
	}
}

func TestALineOnTheMachineIsAResultAtTheServer(t *testing.T) {
	l := newLogged(t)
	cfg, err := agent.ReadConfig(filepath.Join(l.dir, agent.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	_, stop := running(t, l.dir, func(d *agent.Deps) { d.Watcher = newWatcher(cfg) })
	l.write(1)
	eventually(t, 15*time.Second, "both results", func() bool { return len(l.told()) == 2 })
	l.stop() // the server goes away
	l.write(3)
	l.rotate(l.log + ".1")
	l.write(3)
	l.start()
	eventually(t, 15*time.Second, "what came meanwhile", func() bool { return len(l.told()) == l.number })
	stop()
	l.verify()
	if got := l.told()[0]; !strings.HasPrefix(got, checks.Critical.String()) {
		t.Error(got)
	}
}

func TestWhatTheOwnerDoesNotAllowIsRefusedAndTold(t *testing.T) {
	l := newLogged(t)
	cfg, err := agent.ReadConfig(filepath.Join(l.dir, agent.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Logs.Allow = agent.DefaultConfig().Logs.Allow
	l.write(1)
	_, stop := running(t, l.dir, func(d *agent.Deps) { d.Watcher = newWatcher(cfg) })
	var got wire.LogRefusedData
	eventually(t, 15*time.Second, "the event", func() bool {
		l.mem.mu.Lock()
		defer l.mem.mu.Unlock()
		for _, events := range l.mem.events {
			for _, e := range events {
				if e.Kind == wire.KindLogRefused {
					return json.Unmarshal(e.Data, &got) == nil
				}
			}
		}
		return false
	})
	stop()
	if !slices.Equal(got.Paths, []string{l.log}) || !slices.Equal(got.Allow, cfg.Logs.Allow) || got.File != "probe.yaml" {
		t.Errorf("%+v", got)
	}
	if told := l.told(); len(told) > 0 {
		t.Errorf("the file was read: %v", told)
	}
}

// The probe is killed -9 again and again while lines come and files are rotated,
// and the server goes away meanwhile. Every line arrives once, in its order.
func TestKilledProbesLoseAndDoubleNoLine(t *testing.T) {
	if testing.Short() {
		t.Skip("short: kills processes for some seconds")
	}
	l := newLogged(t)
	for round := range 4 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "AGENT_TEST_DIR="+l.dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if round%3 == 1 {
			l.stop()
		}
		life, line := time.NewTimer(time.Duration(350+round*70)*time.Millisecond), time.NewTicker(7*time.Millisecond)
		for alive := true; alive; {
			select {
			case <-life.C:
				alive = false
			case <-line.C:
				l.write(1 + round)
			}
		}
		line.Stop()
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
		if round%2 == 1 {
			l.rotate(fmt.Sprintf("%s.%d", l.log, round))
		}
		if round%3 == 1 {
			l.start()
		}
	}
	before := len(l.told())
	cfg, err := agent.ReadConfig(filepath.Join(l.dir, agent.ConfigFile))
	if err != nil {
		t.Fatal(err)
	}
	_, stop := running(t, l.dir, func(d *agent.Deps) { d.Watcher = newWatcher(cfg) })
	eventually(t, 20*time.Second, "the last line", func() bool {
		told := l.told()
		return len(told) > 0 && strings.HasSuffix(told[len(told)-1], fmt.Sprintf(" %d", l.number-1))
	})
	stop()
	l.verify()
	if before == 0 || before == l.number {
		t.Errorf("%d of %d lines had arrived before the last start: nothing was put to the test", before, l.number)
	}
	t.Logf("%d lines, %d of them before the last start", l.number, before)
}
