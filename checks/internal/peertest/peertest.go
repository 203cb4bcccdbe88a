// Package peertest is what the tests of every network check do alike: run a
// check once, and hold each result against what must be true of any.
package peertest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/checkcli"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

// Timeout is long enough for a loaded machine; silent servers wait for it.
const Timeout = 2 * time.Second

// Deps are the real ones.
func Deps() checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{}}
}

// Run runs a check once against an address.
func Run(tb testing.TB, kind checks.Type, cfg checks.Config, address string) checks.Result {
	tb.Helper()
	if err := cfg.Validate(); err != nil {
		tb.Fatal(err)
	}
	c, err := kind.New(cfg, Deps())
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	start := time.Now()
	results, err := c.Run(ctx, checks.Target{Host: "h", Address: address})
	if err != nil || len(results) != 1 {
		tb.Fatalf("got %v, %v; want one result", results, err)
	}
	if took := time.Since(start); took > Timeout+2*time.Second {
		tb.Errorf("took %s; the time-out is %s", took, Timeout)
	}
	judge(tb, results[0])
	return results[0]
}

// judge is what must be true of any result.
func judge(tb testing.TB, r checks.Result) {
	tb.Helper()
	for _, lang := range text.Langs() {
		if s := text.Default().Render(lang, nil, r.Summary); s == "" || strings.ContainsAny(s, "{}") || s == r.Summary.ID {
			tb.Errorf("summary %q of %+v", s, r.Summary)
		}
	}
	if len(r.Evidence) > checks.EvidenceLimit || (r.State == checks.OK && r.Evidence != nil) {
		tb.Errorf("%s with %d bytes of evidence", r.State, len(r.Evidence))
	}
	if (r.State == checks.OK) != (r.Reason == checks.ReasonNone) {
		tb.Errorf("%s with reason %q", r.State, r.Reason)
	}
	for _, p := range r.Phases {
		if p.Took < 0 || p.Name == "" {
			tb.Errorf("phase %+v", p)
		}
	}
}

// Phase is the last phase of a result; empty when there is none.
func Phase(r checks.Result) string {
	if len(r.Phases) == 0 {
		return ""
	}
	return r.Phases[len(r.Phases)-1].Name
}

// Want compares state, reason and last phase; an empty phase is not compared.
func Want(tb testing.TB, r checks.Result, state checks.State, reason checks.Reason, phase string) {
	tb.Helper()
	if r.State != state || r.Reason != reason || (phase != "" && Phase(r) != phase) {
		tb.Errorf("got %s %q in phase %q; want %s %q in %q\n%s\n%q", r.State, r.Reason, Phase(r), state, reason, phase, Say(r), r.Evidence)
	}
}

// Say is the summary in English.
func Say(r checks.Result) string { return text.Default().Render(text.English, nil, r.Summary) }

// Perf is a measured value; the test fails when it is not there.
func Perf(tb testing.TB, r checks.Result, label string) float64 {
	tb.Helper()
	for _, p := range r.Perf {
		if p.Label == label {
			return p.Value
		}
	}
	tb.Errorf("no value %q in %+v", label, r.Perf)
	return 0
}

// CLI runs the check as `monitord check` does, with the port, and returns exit
// code and output.
func CLI(tb testing.TB, kind checks.Type, port int, args ...string) (int, string) {
	tb.Helper()
	var out bytes.Buffer
	all := append([]string{kind.Name, "-H", "127.0.0.1", "-p", strconv.Itoa(port), "-t", "2"}, args...)
	code := checkcli.Run(context.Background(), all, []checks.Type{kind}, &out, &out)
	return code, out.String()
}

// Plugin runs one of monitoring-plugins and returns exit code and output.
func Plugin(tb testing.TB, name string, args ...string) (int, string) {
	tb.Helper()
	got, err := runner.Run(context.Background(), runner.Command{Path: "/usr/lib/nagios/plugins/" + name, Args: args})
	if err != nil {
		tb.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins-standard", err)
	}
	return got.ExitCode, string(got.Stdout)
}

// Secret puts a password into a file.
func Secret(tb testing.TB, value string) config.Secret {
	tb.Helper()
	return config.Secret{File: testproc.File(tb, tb.TempDir(), "secret", value+"\n")}
}
