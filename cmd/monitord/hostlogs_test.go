package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/alerting"
	"monitord/checks"
	"monitord/internal/agent"
	"monitord/internal/agent/watched"
	"monitord/internal/wire"
)

// logHosts has hosts with a probe follow a file.
func logHosts(path string) string {
	raw, _ := json.Marshal(path)
	return `
templates:
  linux:
    logs:
      files: [{path: ` + string(raw) + `, from: beginning}]
      rules:
        oom: {match: Out of memory, state: critical, clear: memory is fine}
`
}

// probeOf runs an enrolled probe until the returned function is called.
func (w *takenServer) probeOf(dir string) (stop func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	cfg, err := agent.ReadConfig(filepath.Join(dir, agent.ConfigFile))
	if err != nil {
		w.t.Fatal(err)
	}
	cfg.Logs.Allow = []string{"/**"}
	watcher := watched.New(watched.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dir: filepath.Join(dir, "logs"), Allow: cfg.Logs.Allow})
	a, err := agent.New(cfg, agent.Deps{Watcher: watcher, Version: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	go func() { ended <- a.Run(ctx) }()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("probe: %v", err)
		}
	}
}

func TestALineOfAProbeIsAnIncident(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.log")
	if err := os.WriteFile(path, []byte("line 1\nline 2\nOut of memory: killed 42\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := startTaken(t, logHosts(path))
	token, err := w.authority.NewToken("web1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := agent.Enroll(t.Context(), "https://"+w.intake.Addr(t.Context()), token, dir); err != nil {
		t.Fatal(err)
	}
	stop := w.probeOf(dir)
	defer stop()
	id := checks.Service{Host: "web1", Check: alerting.LogCheck, Item: "oom"}
	state := func(want checks.State) (got alerting.ServiceState) {
		t.Helper()
		until(t, "oom is "+want.String(), func() bool {
			got, _ = w.engine.Service(id)
			return got.State == want && !got.LastCheck.IsZero()
		})
		return got
	}
	if got := state(checks.Critical); !got.Hard || got.Incident == 0 || string(got.Evidence) != "line 1\nline 2\nOut of memory: killed 42" {
		t.Errorf("%+v", got)
	}
	events, err := w.journal.Events(t.Context(), alerting.EventFilter{Kind: alerting.EventLogMatch})
	if err != nil || len(events) != 1 || events[0].Service != id || !strings.Contains(string(events[0].Data), `"context":["line 1","line 2"]`) {
		t.Errorf("%+v, %v", events, err)
	}
	appendLog(t, path, "memory is fine\n")
	if got := state(checks.OK); got.Incident != 0 {
		t.Errorf("%+v", got)
	}
}

// What was accepted and not judged when the server was killed is judged at its
// next start.
func TestLogsThatWereNotJudgedAreJudgedAtTheStart(t *testing.T) {
	t.Parallel()
	w := startTaken(t, "")
	raw, err := json.Marshal(wire.ResultData{Check: wire.LogCheck, Results: []checks.Result{{Item: "oom", State: checks.Critical}}})
	if err != nil {
		t.Fatal(err)
	}
	events := []wire.Event{{Seq: 1, At: time.Now(), Kind: wire.KindResult, Host: "web1", Data: raw}}
	if _, _, err := w.journal.AcceptProbeEvents(t.Context(), "web1", "boot", events); err != nil {
		t.Fatal(err)
	}
	w.judgeLogs(t.Context())
	if got, _ := w.engine.Service(checks.Service{Host: "web1", Check: wire.LogCheck, Item: "oom"}); got.State != checks.Critical {
		t.Errorf("%+v", got)
	}
}

// What is told again counts when the first time did not: it came too late, and
// nobody has ended the problem since.
func TestWhatIsToldAgainCountsOnce(t *testing.T) {
	t.Parallel()
	w := startTaken(t, "")
	id := checks.Service{Host: "web1", Check: wire.LogCheck, Item: "oom"}
	now := time.Now()
	tell := func(at, found time.Time, state, want checks.State) {
		t.Helper()
		w.logResult(t.Context(), alerting.Observation{Host: "web1", Check: wire.LogCheck, At: at, Results: []checks.Result{{Item: "oom", State: state}}}, found)
		if got, _ := w.engine.Service(id); got.State != want {
			t.Errorf("%s, want %s", got.State, want)
		}
	}
	late := now.Add(-20 * time.Minute)
	tell(late, time.Time{}, checks.Critical, checks.OK) // too old to be news
	tell(now.Add(-time.Minute), late, checks.Critical, checks.Critical)
	if err := w.clearLog(t.Context(), id, "noc", "seen"); err != nil {
		t.Fatal(err)
	}
	tell(time.Now(), late, checks.Critical, checks.OK)
	tell(time.Now(), time.Time{}, checks.Critical, checks.Critical)
}
