package http

import (
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/internal/config"
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

func ask(t *testing.T, cfg Config, address string) checks.Result {
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
	if len(r.Evidence) > checks.EvidenceLimit || (r.State == checks.OK && r.Evidence != nil) {
		t.Errorf("%s with %d bytes of evidence", r.State, len(r.Evidence))
	}
	return r
}

func lastPhase(r checks.Result) string {
	if len(r.Phases) == 0 {
		return ""
	}
	return r.Phases[len(r.Phases)-1].Name
}

const locations = `
    location = /teapot { return 418; }
    location = /gone { return 404; }
    location = /broken { return 500; }
    location = /private { return 401; }
    location = /here { return 302 /; }
    location = /there { return 302 http://localhost:$server_port/; }
    location = /loop { return 302 /loop; }
    location = /method { return 200 "$request_method $http_x_test $host $http_authorization"; }
`

func TestEachAnswerGetsItsVerdict(t *testing.T) {
	nginx := testnginx.New(t, testnginx.Options{Extra: locations})
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(nginx.Root, "big"), []byte(strings.Repeat("x", 1<<20)+"END"), 0o644))
	secret := filepath.Join(t.TempDir(), "password")
	must(os.WriteFile(secret, []byte("geheim\n"), 0o600))
	tests := []struct {
		name   string
		config func(*Config)
		state  checks.State
		reason checks.Reason
		id     string
	}{
		{"healthy", func(c *Config) { c.Contains = "all is well" }, checks.OK, "", "http.ok"},
		{"by url", func(c *Config) { c.URL = nginx.URL("/") }, checks.OK, "", "http.ok"},
		{"lacks the words", func(c *Config) { c.Contains = "no such words" }, checks.Critical, checks.ReasonContent, "http.lacks"},
		{"regexp", func(c *Config) { c.Regexp = `(?i)ok,\s+all` }, checks.OK, "", "http.ok"},
		{"regexp lacks", func(c *Config) { c.Regexp = `^nothing$` }, checks.Critical, checks.ReasonContent, "http.lacks"},
		{"unwanted words", func(c *Config) { c.NotContains = "all is well" }, checks.Critical, checks.ReasonContent, "http.has"},
		{"404", func(c *Config) { c.Path = "/gone" }, checks.Critical, checks.ReasonStatus, "http.status"},
		{"404 as warning", func(c *Config) { c.Path = "/gone"; c.WarningStatus = StatusSet{"400-499"} }, checks.Warning, checks.ReasonStatus, "http.status"},
		{"418 wanted", func(c *Config) { c.Path = "/teapot"; c.Status = StatusSet{"200", "410-420"} }, checks.OK, "", "http.ok"},
		{"500", func(c *Config) { c.Path = "/broken" }, checks.Critical, checks.ReasonStatus, "http.status"},
		{"401", func(c *Config) { c.Path = "/private" }, checks.Critical, checks.ReasonAuth, "http.status"},
		{"redirect followed", func(c *Config) { c.Path = "/here"; c.Contains = "well" }, checks.OK, "", "http.ok"},
		{"redirect not followed", func(c *Config) { c.Path = "/here"; c.Redirects = RedirectsNone; c.Status = StatusSet{"302"} }, checks.OK, "", "http.ok"},
		{"redirect to another host followed", func(c *Config) { c.Path = "/there"; c.Family = "ip4" }, checks.OK, "", "http.ok"},
		{"redirect to another host refused", func(c *Config) { c.Path = "/there"; c.Redirects = RedirectsSameHost }, checks.Critical, checks.ReasonStatus, "http.redirect.host"},
		{"redirect on the same host", func(c *Config) { c.Path = "/here"; c.Redirects = RedirectsSameHost }, checks.OK, "", "http.ok"},
		{"redirect for ever", func(c *Config) { c.Path = "/loop" }, checks.Critical, checks.ReasonStatus, "http.redirect.many"},
		{"words beyond what is read", func(c *Config) { c.Path = "/big"; c.Contains = "END"; c.MaxBody = 1 << 20 }, checks.Critical, checks.ReasonContent, "http.lacks.cut"},
		{"words at the end of what is read", func(c *Config) { c.Path = "/big"; c.Contains = "END"; c.MaxBody = 1<<20 + 3 }, checks.OK, "", "http.ok"},
		{"slow", func(c *Config) { c.Warning = &checks.Threshold{Range: checks.Range{End: 1e-9}} }, checks.Warning, checks.ReasonThreshold, "http.slow"},
		{"status before time", func(c *Config) {
			c.Path, c.Critical = "/gone", &checks.Threshold{Range: checks.Range{End: 1e-9}}
		}, checks.Critical, checks.ReasonStatus, "http.status"},
		{"method, headers, host, password", func(c *Config) {
			c.Path, c.Method = "/method", "POST"
			c.Headers = map[string]string{"X-Test": "yes", "Host": "virtual.example"}
			c.Username, c.Password = "u", config.Secret{File: secret}
			c.Contains = "POST yes virtual.example Basic dTpnZWhlaW0=" // base64 of u:geheim
		}, checks.OK, "", "http.ok"},
		{"the url's name at the target's address", func(c *Config) {
			c.URL, c.Connect = "http://nosuch.invalid:"+strconv.Itoa(nginx.Port)+"/method", ConnectTarget
			c.Contains = "nosuch.invalid"
		}, checks.OK, "", "http.ok"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port = nginx.Port
			tt.config(&cfg)
			r := ask(t, cfg, "127.0.0.1")
			if r.State != tt.state || r.Reason != tt.reason || r.Summary.ID != tt.id {
				t.Errorf("got %s %q %+v; want %s %q %s; evidence %q", r.State, r.Reason, r.Summary, tt.state, tt.reason, tt.id, r.Evidence)
			}
		})
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
	tests := []struct {
		name   string
		port   int
		ssl    bool
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"stopped", testproc.FreePort(t), false, checks.Critical, checks.ReasonConnect, "connect"},
		{"accepts and is silent", testnginx.Bad(t, testnginx.Silent), false, checks.Critical, checks.ReasonTimeout, "first-byte"},
		{"silent at TLS", testnginx.Bad(t, testnginx.Silent), true, checks.Critical, checks.ReasonTimeout, "tls"},
		{"plain at TLS", testnginx.Bad(t, testnginx.Says("HTTP/1.1 400 Bad\r\n\r\n")), true, checks.Critical, checks.ReasonTLS, "tls"},
		{"of another protocol", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), false, checks.Critical, checks.ReasonProtocol, ""},
		{"a byte at a time in the header", testnginx.Bad(t, testnginx.Trickle("HTTP/1.1 200 OK\r\nX-", 50*time.Millisecond)), false, checks.Critical, checks.ReasonTimeout, "body"},
		{"a byte at a time in the body", testnginx.Bad(t, testnginx.Trickle(head, 50*time.Millisecond)), false, checks.Critical, checks.ReasonTimeout, "body"},
		{"endless header", testnginx.Bad(t, testnginx.Endless("HTTP/1.1 200 OK\r\nX-")), false, checks.Critical, checks.ReasonProtocol, "body"},
		{"endless body", testnginx.Bad(t, testnginx.Endless(head)), false, checks.OK, "", "body"},
		{"shorter than it said", testnginx.Bad(t, func(ctx context.Context, c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
			c.(*net.TCPConn).CloseWrite()
			<-ctx.Done()
		}), false, checks.Critical, checks.ReasonProtocol, "body"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port, cfg.SSL = tt.port, tt.ssl
			r := ask(t, cfg, "127.0.0.1")
			if r.State != tt.state || r.Reason != tt.reason || tt.phase != "" && lastPhase(r) != tt.phase {
				t.Errorf("got %s %q in %q; want %s %q in %q (%+v)", r.State, r.Reason, lastPhase(r), tt.state, tt.reason, tt.phase, r.Summary)
			}
		})
	}
}

// Whether our request meets a closed connection (reset) or its end (EOF) is a
// race in the kernel; either is CRITICAL with a reason of its own.
func TestAServerThatClosesAtOnceIsCritical(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Port = testnginx.Bad(t, testnginx.Closing)
	if r := ask(t, cfg, "127.0.0.1"); r.State != checks.Critical || (r.Reason != checks.ReasonProtocol && r.Reason != checks.ReasonConnect) {
		t.Errorf("got %s %q %+v", r.State, r.Reason, r.Summary)
	}
}

func TestAnEndlessBodyTakesBoundedMemory(t *testing.T) {
	port := testnginx.Bad(t, testnginx.Endless("HTTP/1.1 200 OK\r\n\r\n"))
	cfg := DefaultConfig()
	cfg.Port = port
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 5 {
		ask(t, cfg, "127.0.0.1")
	}
	runtime.ReadMemStats(&after)
	// io.ReadAll grows by doubling steps: a few times max_body a run.
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 5*10<<20 {
		t.Errorf("five runs took %d MiB for 1 MiB of body each", grown>>20)
	}
}

func TestTLSCertificateAndItsDays(t *testing.T) {
	good, old := testnginx.NewCert(t, 20*24*time.Hour), testnginx.NewCert(t, -time.Hour)
	up := testnginx.New(t, testnginx.Options{CertFile: good.CertFile, KeyFile: good.KeyFile})
	expired := testnginx.New(t, testnginx.Options{CertFile: old.CertFile, KeyFile: old.KeyFile})
	try := func(name string, port int, change func(*Config), state checks.State, id string) {
		t.Helper()
		cfg := DefaultConfig()
		cfg.Port, cfg.SSL, cfg.CAFile = port, true, good.CertFile
		change(&cfg)
		r := ask(t, cfg, "127.0.0.1")
		if r.State != state || r.Summary.ID != id || (state != checks.OK && r.Reason != checks.ReasonTLS) {
			t.Errorf("%s: got %s %q %s; want %s %s", name, r.State, r.Reason, r.Summary.ID, state, id)
		}
	}
	try("good", up.Port, func(*Config) {}, checks.OK, "http.ok")
	try("30 days wanted", up.Port, func(c *Config) { c.CertWarning = 30 }, checks.Warning, "http.cert")
	try("21 days wanted", up.Port, func(c *Config) { c.CertWarning, c.CertCritical = 30, 21 }, checks.Critical, "http.cert")
	try("19 days wanted", up.Port, func(c *Config) { c.CertWarning, c.CertCritical = 19, 7 }, checks.OK, "http.ok")
	try("unknown authority", up.Port, func(c *Config) { c.CAFile = "" }, checks.Critical, "check.tls.untrusted")
	try("another name", up.Port, func(c *Config) { c.ServerName = "example.com" }, checks.Critical, "check.tls.name")
	try("expired", expired.Port, func(c *Config) { c.CAFile = old.CertFile }, checks.Critical, "check.tls.expired")
	try("expired, not verified, days asked", expired.Port, func(c *Config) { c.Verify, c.CertCritical = false, 7 }, checks.Critical, "http.cert")
}

func TestPhasesComeInOrder(t *testing.T) {
	cert := testnginx.NewCert(t, time.Hour)
	nginx := testnginx.New(t, testnginx.Options{CertFile: cert.CertFile, KeyFile: cert.KeyFile})
	cfg := DefaultConfig()
	cfg.Port, cfg.SSL, cfg.CAFile, cfg.Family = nginx.Port, true, cert.CertFile, "ip4"
	var names []string
	for _, p := range ask(t, cfg, "localhost").Phases {
		names = append(names, p.Name)
	}
	if got, want := strings.Join(names, " "), "dns connect tls request first-byte body"; got != want {
		t.Errorf("phases %q; want %q", got, want)
	}
}

func TestAnUnreadablePasswordIsOurFault(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Username, cfg.Password = "u", config.Secret{File: "/nonexistent"}
	c, err := New(cfg, deps())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := c.Run(t.Context(), checks.Target{Address: "127.0.0.1"}); err == nil {
		t.Errorf("got %+v; want an error", r)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := DefaultConfig()
	c.URL, c.Port, c.Path, c.Connect, c.Family = "ftp://x", -1, "x", "moon", "ip5"
	c.Method, c.Headers, c.Password = "GE T", map[string]string{"X\n": "y"}, config.Secret{File: "x"}
	c.Status, c.WarningStatus, c.Regexp = StatusSet{"200", "600"}, StatusSet{"399-200"}, "("
	c.MaxBody, c.Redirects, c.MaxRedirects, c.CertWarning, c.CertCritical = 0, "maybe", -1, -1, -1
	err := c.Validate()
	for _, want := range []string{"url: ", "port: ", "path: ", "connect: ", "family: ", "method: ", "headers.X", "username: ",
		"status[1]: ", "warning_status[0]: ", "regexp: ", "max_body: ", "redirects: ", "max_redirects: ", "cert_warning_days: ", "cert_critical_days: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = DefaultConfig()
	c.URL = "http://user:secret@host/"
	if err := c.Validate(); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a password in the url: %v", err)
	}
}

// The verdicts are those of monitoring-plugins' check_http. It calls 4xx a
// WARNING, which ours does when warning_status says so.
func TestVerdictsAreThoseOfCheckHTTP(t *testing.T) {
	const plugin = "/usr/lib/nagios/plugins/check_http"
	nginx := testnginx.New(t, testnginx.Options{Extra: locations})
	port := func(b testnginx.Behaviour) int { return testnginx.Bad(t, b) }
	for _, tt := range []struct {
		name   string
		port   int
		path   string
		args   []string
		config func(*Config)
	}{
		{"healthy", nginx.Port, "/", nil, nil},
		{"words", nginx.Port, "/", []string{"-s", "well"}, func(c *Config) { c.Contains = "well" }},
		{"no words", nginx.Port, "/", []string{"-s", "ill"}, func(c *Config) { c.Contains = "ill" }},
		{"404", nginx.Port, "/gone", nil, func(c *Config) { c.WarningStatus = StatusSet{"400-499"} }},
		{"500", nginx.Port, "/broken", nil, nil},
		{"redirect", nginx.Port, "/here", []string{"-f", "follow"}, nil},
		{"redirect left", nginx.Port, "/here", nil, func(c *Config) { c.Redirects = RedirectsNone }},
		{"stopped", testproc.FreePort(t), "/", nil, nil},
		{"silent", port(testnginx.Silent), "/", nil, nil},
		{"closing", port(testnginx.Closing), "/", nil, nil},
		{"another protocol", port(testnginx.Says("220 mail\r\n")), "/", nil, nil},
	} {
		args := append([]string{"-H", "127.0.0.1", "-I", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-u", tt.path, "-t", "1"}, tt.args...)
		theirs, err := runner.Run(t.Context(), runner.Command{Path: plugin, Args: args})
		if err != nil {
			t.Fatalf("%v: apt-get install -y --no-install-recommends monitoring-plugins", err)
		}
		cfg := DefaultConfig()
		cfg.Port, cfg.Path = tt.port, tt.path
		if tt.config != nil {
			tt.config(&cfg)
		}
		if ours := ask(t, cfg, "127.0.0.1"); ours.State.ExitCode() != theirs.ExitCode {
			t.Errorf("%s: ours %s %s, check_http %d %s", tt.name, ours.State, ours.Summary.ID, theirs.ExitCode, theirs.Stdout)
		}
	}
}

func FuzzParseStatus(f *testing.F) {
	for _, s := range []string{"200", "200-399", "-", "1e2", "399-200", "200-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lo, hi, err := parseStatus(s)
		if err == nil && (lo < 100 || hi > 599 || lo > hi) {
			t.Errorf("%q is %d to %d", s, lo, hi)
		}
	})
}

// Whatever a server says, the check answers with a result of bounded size.
func FuzzAnswer(f *testing.F) {
	for _, s := range []string{"HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 302 F\r\nLocation: //\r\n\r\n", "220 x\r\n", "HTTP/1.1 200 \xff\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, answer []byte) {
		d := deps()
		d.Dialer = canned(answer)
		cfg := DefaultConfig()
		cfg.MaxBody, cfg.Contains, cfg.MaxRedirects = 100, "hello", 2
		c, err := New(cfg, d)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		results, err := c.Run(ctx, checks.Target{Address: "192.0.2.1"})
		if err != nil || len(results) != 1 || len(results[0].Evidence) > checks.EvidenceLimit {
			t.Errorf("%q: %+v, %v", answer, results, err)
		}
	})
}

// canned is a dialer whose every connection says the same and ends.
type canned []byte

func (c canned) DialContext(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() {
		defer theirs.Close()
		theirs.SetDeadline(time.Now().Add(time.Second))
		theirs.Read(make([]byte, 4096))
		theirs.Write(c)
	}()
	return ours, nil
}

func BenchmarkHTTPCheck(b *testing.B) {
	nginx := testnginx.New(b, testnginx.Options{})
	cfg := DefaultConfig()
	cfg.Port, cfg.Contains = nginx.Port, "all is well"
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
	b.Run("check_http", func(b *testing.B) {
		cpu := testnginx.CPUAll(b)
		args := []string{"-H", "127.0.0.1", "-I", "127.0.0.1", "-p", strconv.Itoa(nginx.Port), "-s", "all is well"}
		for b.Loop() {
			r, err := runner.Run(b.Context(), runner.Command{Path: "/usr/lib/nagios/plugins/check_http", Args: args})
			if err != nil || r.ExitCode != 0 {
				b.Fatal(r, err)
			}
		}
		b.ReportMetric(float64((testnginx.CPUAll(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/op")
	})
}
