package tcp

import (
	"context"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/runner"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/testproc"
	"monitord/internal/text"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func deps() checks.Deps {
	return checks.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now, Dialer: &net.Dialer{KeepAlive: -1}, Resolver: &net.Resolver{}}
}

// timeout is long enough for a loaded machine; the silent servers wait for it
// at the same time.
const timeout = 2 * time.Second

func run(t *testing.T, cfg Config, address string) checks.Result {
	t.Helper()
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(cfg, deps())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	start := time.Now()
	results, err := c.Run(ctx, checks.Target{Host: "h", Address: address})
	if err != nil || len(results) != 1 {
		t.Fatalf("got %v, %v", results, err)
	}
	if took := time.Since(start); took > timeout+2*time.Second {
		t.Errorf("took %s; the time-out is %s", took, timeout)
	}
	r := results[0]
	if s := text.Default().Render(text.English, nil, r.Summary); s == "" || strings.Contains(s, "{") || s == r.Summary.ID {
		t.Errorf("summary %q of %+v", s, r.Summary)
	}
	return r
}

func lastPhase(r checks.Result) string {
	if len(r.Phases) == 0 {
		return ""
	}
	return r.Phases[len(r.Phases)-1].Name
}

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	nginx := testnginx.New(t, testnginx.Options{})
	stopped := testproc.FreePort(t)
	with := func(f func(*Config)) Config { c := DefaultConfig(); f(&c); return c }
	banner := func(c *Config) { c.Expect = "220 " }
	tests := []struct {
		name    string
		port    int
		address string
		config  func(*Config)
		state   checks.State
		reason  checks.Reason
		phase   string
	}{
		{"healthy nginx", nginx.Port, "127.0.0.1", nil, checks.OK, "", "connect"},
		{"healthy nginx by name", nginx.Port, "localhost", func(c *Config) { c.Family = "ip4" }, checks.OK, "", "connect"},
		{"nginx answers what is sent", nginx.Port, "127.0.0.1", func(c *Config) { c.Send = "HEAD / HTTP/1.0\r\n\r\n"; c.ExpectRegexp = `^HTTP/1\.1 200` }, checks.OK, "", "banner"},
		{"nginx answers something else", nginx.Port, "127.0.0.1", func(c *Config) { c.Send = "HEAD /no HTTP/1.0\r\n\r\n"; c.Expect = "200 OK" }, checks.Critical, checks.ReasonContent, "banner"},
		{"stopped", stopped, "127.0.0.1", nil, checks.Critical, checks.ReasonConnect, "connect"},
		{"no such name", nginx.Port, "nosuch.invalid", nil, checks.Critical, checks.ReasonDNS, "dns"},
		{"no address of the family", nginx.Port, "127.0.0.1", func(c *Config) { c.Family = "ip6" }, checks.Critical, checks.ReasonDNS, ""},
		{"right banner", testnginx.Bad(t, testnginx.Says("220 mail\r\n")), "127.0.0.1", banner, checks.OK, "", "banner"},
		{"wrong banner", testnginx.Bad(t, testnginx.Says("554 go away\r\n")), "127.0.0.1", banner, checks.Critical, checks.ReasonContent, "banner"},
		{"accepts and is silent", testnginx.Bad(t, testnginx.Silent), "127.0.0.1", banner, checks.Critical, checks.ReasonTimeout, "banner"},
		{"closes at once", testnginx.Bad(t, testnginx.Closing), "127.0.0.1", banner, checks.Critical, checks.ReasonProtocol, "banner"},
		{"a byte at a time", testnginx.Bad(t, testnginx.Trickle("22", 100*time.Millisecond)), "127.0.0.1", banner, checks.Critical, checks.ReasonTimeout, "banner"},
		{"endless", testnginx.Bad(t, testnginx.Endless("")), "127.0.0.1", banner, checks.Critical, checks.ReasonContent, "banner"},
		{"silent where TLS should be", testnginx.Bad(t, testnginx.Silent), "127.0.0.1", func(c *Config) { c.TLS = true }, checks.Critical, checks.ReasonTimeout, "tls"},
		{"plain where TLS should be", nginx.Port, "127.0.0.1", func(c *Config) { c.TLS = true }, checks.Critical, checks.ReasonTLS, "tls"},
		{"too slow", nginx.Port, "127.0.0.1", func(c *Config) { c.Warning = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, checks.Warning, checks.ReasonThreshold, "connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, with(func(c *Config) {
				c.Port = tt.port
				if tt.config != nil {
					tt.config(c)
				}
			}), tt.address)
			if r.State != tt.state || r.Reason != tt.reason || (tt.phase != "" && lastPhase(r) != tt.phase) {
				t.Errorf("got %s %q in phase %q; want %s %q in %q (%+v)", r.State, r.Reason, lastPhase(r), tt.state, tt.reason, tt.phase, r.Summary)
			}
			if len(r.Evidence) > checks.EvidenceLimit || (r.State == checks.OK && r.Evidence != nil) {
				t.Errorf("%d bytes of evidence", len(r.Evidence))
			}
		})
	}
}

func TestTLSIsVerified(t *testing.T) {
	good, old := testnginx.NewCert(t, 90*24*time.Hour), testnginx.NewCert(t, -time.Hour)
	up := testnginx.New(t, testnginx.Options{CertFile: good.CertFile, KeyFile: good.KeyFile})
	expired := testnginx.New(t, testnginx.Options{CertFile: old.CertFile, KeyFile: old.KeyFile})
	try := func(name string, port int, change func(*Config), reason checks.Reason, summary string) {
		t.Helper()
		cfg := DefaultConfig()
		cfg.Port, cfg.TLS = port, true
		change(&cfg)
		if r := run(t, cfg, "127.0.0.1"); r.Reason != reason || r.Summary.ID != summary {
			t.Errorf("%s: got %q, %s; want %q, %s", name, r.Reason, r.Summary.ID, reason, summary)
		}
	}
	try("trusted", up.Port, func(c *Config) { c.CAFile = good.CertFile }, "", "tcp.ok")
	try("unknown authority", up.Port, func(*Config) {}, checks.ReasonTLS, "check.tls.untrusted")
	try("not verified", up.Port, func(c *Config) { c.Verify = false }, "", "tcp.ok")
	try("another name", up.Port, func(c *Config) { c.CAFile, c.ServerName = good.CertFile, "example.com" }, checks.ReasonTLS, "check.tls.name")
	try("expired", expired.Port, func(c *Config) { c.CAFile = old.CertFile }, checks.ReasonTLS, "check.tls.expired")
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := DefaultConfig()
	c.Family, c.Expect, c.ExpectRegexp, c.MaxBytes = "ip5", "a", "(", 0
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "expect_regexp: stands", "expect_regexp: error", "max_bytes:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// The verdicts are those of monitoring-plugins' check_tcp.
func TestVerdictsAreThoseOfCheckTCP(t *testing.T) {
	const plugin = "/usr/lib/nagios/plugins/check_tcp"
	nginx := testnginx.New(t, testnginx.Options{})
	for name, port := range map[string]int{
		"healthy": nginx.Port, "stopped": testproc.FreePort(t),
		"right banner": testnginx.Bad(t, testnginx.Says("220 x\r\n")), "silent": testnginx.Bad(t, testnginx.Silent),
	} {
		args := []string{"-H", "127.0.0.1", "-p", strconv.Itoa(port), "-t", "1"}
		cfg := DefaultConfig()
		cfg.Port = port
		if name == "silent" || name == "right banner" {
			args, cfg.Expect = append(args, "-e", "220"), "220"
		}
		theirs, err := runner.Run(t.Context(), runner.Command{Path: plugin, Args: args})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins", err)
		}
		if ours := run(t, cfg, "127.0.0.1"); ours.State.ExitCode() != theirs.ExitCode {
			t.Errorf("%s: ours %s, check_tcp %d %s", name, ours.State, theirs.ExitCode, theirs.Stdout)
		}
	}
}

func BenchmarkTCPCheck(b *testing.B) {
	nginx := testnginx.New(b, testnginx.Options{})
	cfg := DefaultConfig()
	cfg.Port = nginx.Port
	c, err := New(cfg, deps())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		b.ReportAllocs()
		cpu := testnginx.CPUSelf(b)
		for b.Loop() {
			results, err := c.Run(b.Context(), checks.Target{Address: "127.0.0.1"})
			if err != nil || results[0].State != checks.OK {
				b.Fatal(results, err)
			}
		}
		b.ReportMetric(float64((testnginx.CPUSelf(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	})
	b.Run("check_tcp", func(b *testing.B) {
		cpu := testnginx.CPUAll(b)
		for b.Loop() {
			r, err := runner.Run(b.Context(), runner.Command{Path: "/usr/lib/nagios/plugins/check_tcp", Args: []string{"-H", "127.0.0.1", "-p", strconv.Itoa(nginx.Port)}})
			if err != nil || r.ExitCode != 0 {
				b.Fatal(r, err)
			}
		}
		b.ReportMetric(float64((testnginx.CPUAll(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	})
}
