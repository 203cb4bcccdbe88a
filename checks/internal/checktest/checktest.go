// Package checktest runs a kind of check in a test, and shows it against the
// servers that no one should run. Only tests use it.
package checktest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"monitord/checks"
	"monitord/internal/checkcli"
	"monitord/internal/config"
	"monitord/internal/runner"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

// Timeout is that of each run: long enough for a loaded machine.
const Timeout = 4 * time.Second

// Medium is that of runs of which some must end in it after a login.
const Medium = 2 * time.Second

// Short is the time-out of runs that must end in it.
const Short = 600 * time.Millisecond

// TimeoutFor is the time-out of a run that shall have a reason: one that waits
// until its end waits briefly.
func TimeoutFor(reason checks.Reason) time.Duration {
	if reason == checks.ReasonTimeout {
		return Short
	}
	return Timeout
}

// Deps are the seams of a real machine.
func Deps() checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{}, Resolver: &net.Resolver{}}
}

// Run builds and runs a check, and returns its one result, which must be what
// any result must be: see judge.
func Run(t testing.TB, typ checks.Type, cfg checks.Config, address string, timeout time.Duration) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := typ.New(cfg, Deps())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	start := time.Now()
	results, err := c.Run(ctx, checks.Target{Host: "h", Address: address})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v; want one result", results, err)
	}
	if took := time.Since(start); took > timeout+2*time.Second {
		t.Errorf("took %s; the time-out is %s", took, timeout)
	}
	judge(t, results[0])
	return results[0]
}

// judge is what must be true of any result: its summary reads well in every
// language, and it says why it is not OK.
func judge(t testing.TB, r checks.Result) {
	t.Helper()
	for _, lang := range text.Langs() {
		if s := text.Default().Render(lang, nil, r.Summary); s == "" || strings.ContainsAny(s, "{}") || s == r.Summary.ID {
			t.Errorf("summary %q of %+v", s, r.Summary)
		}
	}
	if len(r.Evidence) > checks.EvidenceLimit || r.State == checks.OK && r.Evidence != nil {
		t.Errorf("%d bytes of evidence in state %s", len(r.Evidence), r.State)
	}
	if (r.State == checks.OK) != (r.Reason == checks.ReasonNone) {
		t.Errorf("%s with reason %q", r.State, r.Reason)
	}
	for _, p := range r.Phases {
		if p.Took < 0 || p.Name == "" {
			t.Errorf("phase %+v", p)
		}
	}
}

// Say is the summary in English.
func Say(r checks.Result) string { return text.Default().Render(text.English, nil, r.Summary) }

// LastPhase is the phase that hung or failed.
func LastPhase(r checks.Result) string {
	if len(r.Phases) == 0 {
		return ""
	}
	return r.Phases[len(r.Phases)-1].Name
}

// Want compares state, reason and last phase; an empty phase is not compared.
func Want(t testing.TB, r checks.Result, state checks.State, reason checks.Reason, phase string) {
	t.Helper()
	if r.State != state || r.Reason != reason || phase != "" && LastPhase(r) != phase {
		t.Errorf("got %s %q in phase %q; want %s %q in %q: %s\n%s", r.State, r.Reason, LastPhase(r), state, reason, phase, Say(r), r.Evidence[:min(len(r.Evidence), 300)])
	}
}

// Bad is one bad server and what must be found.
type Bad struct {
	Name   string
	Serve  testnginx.Behaviour // nil is a port where nobody listens
	Reason checks.Reason
	Phase  string
	Said   string // what the evidence must begin with
}

// Usual are the bad servers of a protocol whose server greets with a line that
// begins with greeting, and says no with refusal; next is the phase after.
func Usual(greeting, refusal, next string) []Bad {
	slow := testnginx.Trickle
	return []Bad{
		{"stopped", nil, checks.ReasonConnect, "connect", ""},
		{"accepts and says nothing", testnginx.Silent, checks.ReasonTimeout, "banner", ""},
		{"closes at once", testnginx.Closing, checks.ReasonProtocol, "banner", ""},
		{"another protocol", testnginx.Says("HTTP/1.1 400 Bad Request\r\n"), checks.ReasonProtocol, "banner", "HTTP/1.1 400"},
		{"an empty line", testnginx.Says("\r\n"), checks.ReasonProtocol, "banner", ""},
		{"refuses", testnginx.Says(refusal + "\r\n"), checks.ReasonStatus, "banner", refusal},
		{"a byte at a time", slow(greeting, 100*time.Millisecond), checks.ReasonTimeout, "banner", greeting},
		{"a byte at a time after the greeting", slow(greeting+" ready\r\n", 100*time.Millisecond), checks.ReasonTimeout, next, greeting},
		{"silent after the greeting", testnginx.Says(greeting + " ready\r\n"), checks.ReasonTimeout, next, greeting},
		{"a line without end", testnginx.Endless(greeting), checks.ReasonProtocol, "banner", greeting + "xxx"},
		{"a line without end after the greeting", testnginx.Endless(greeting + " ready\r\n"), checks.ReasonProtocol, next, greeting},
	}
}

// Forever says a line again and again: an answer of endlessly many lines.
func Forever(head, line string) testnginx.Behaviour {
	return func(ctx context.Context, conn net.Conn) {
		if _, err := conn.Write([]byte(head)); err != nil {
			return
		}
		chunk := []byte(strings.Repeat(line, 100))
		for ctx.Err() == nil {
			if _, err := conn.Write(chunk); err != nil {
				return
			}
		}
	}
}

// AgainstBad runs the check against each bad server; with makes a valid
// configuration for a port.
func AgainstBad(t *testing.T, typ checks.Type, with func(port int) checks.Config, servers []Bad) {
	t.Helper()
	for _, bad := range servers {
		t.Run(bad.Name, func(t *testing.T) {
			t.Parallel()
			port := testproc.FreePort(t)
			if bad.Serve != nil {
				port = testnginx.Bad(t, bad.Serve)
			}
			r := Run(t, typ, with(port), "127.0.0.1", TimeoutFor(bad.Reason))
			Want(t, r, checks.Critical, bad.Reason, bad.Phase)
			if !strings.HasPrefix(string(r.Evidence), bad.Said) {
				t.Errorf("evidence %q; want %q", r.Evidence, bad.Said)
			}
		})
	}
}

// Secret writes a secret's file.
func Secret(t testing.TB, words string) config.Secret {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(words+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: file}
}

// Plugin runs one of Debian's monitoring-plugins and returns its exit code and
// what it printed.
func Plugin(t testing.TB, name string, args ...string) (int, string) {
	t.Helper()
	got, err := runner.Run(t.Context(), runner.Command{Path: "/usr/lib/nagios/plugins/" + name, Args: args})
	if err != nil {
		t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins-standard", err)
	}
	return got.ExitCode, string(got.Stdout)
}

// Perf is a measured value; the test fails when it is not there.
func Perf(t testing.TB, r checks.Result, label string) float64 {
	t.Helper()
	for _, p := range r.Perf {
		if p.Label == label {
			return p.Value
		}
	}
	t.Errorf("no value %q in %+v", label, r.Perf)
	return 0
}

// CLI runs the check as `monitord check` does, with the port, and returns exit
// code and output.
func CLI(t testing.TB, typ checks.Type, port int, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	all := append([]string{typ.Name, "-H", "127.0.0.1", "-p", strconv.Itoa(port), "-t", "2"}, args...)
	code := checkcli.Run(t.Context(), all, []checks.Type{typ}, &out, &out)
	return code, out.String()
}
