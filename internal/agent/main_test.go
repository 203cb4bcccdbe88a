package agent_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"monitord/collectors"
	"monitord/internal/agent"
)

// TestMain lets the test binary be the probe that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("AGENT_TEST_DIR"); dir != "" {
		if err := probeProcess(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

func probeProcess(dir string) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	cfg, err := agent.ReadConfig(dir + "/" + agent.ConfigFile)
	if err != nil {
		return err
	}
	a, err := agent.New(cfg, agent.Deps{
		Logger:     slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Collectors: []collectors.Collector{fakeCollector{}},
		Watcher:    newWatcher(cfg),
		Version:    "test",
	})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// fakeCollector gives one plain and one labelled sample.
type fakeCollector struct{}

func (fakeCollector) Name() string { return "fake" }

func (fakeCollector) Collect(_ context.Context, sink collectors.Sink) error {
	sink.Add("node_load1", 0.5)
	sink.Add("node_cpu_seconds_total", 12, "cpu", "0", "mode", "idle")
	return nil
}
