package tls

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/checkcli"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/dovecottest"
	"monitord/internal/testserver/postfixtest"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func with(port int, change ...func(*Config)) *Config {
	c := DefaultConfig()
	c.Port = port
	for _, f := range change {
		f(&c)
	}
	return &c
}

func TestNginxShowsItsCertificate(t *testing.T) {
	serve := func(valid time.Duration, extra string) (*testnginx.Server, string) {
		cert := testnginx.NewCert(t, valid, "www.example.com")
		return testnginx.New(t, testnginx.Options{CertFile: cert.CertFile, KeyFile: cert.KeyFile, Extra: extra}), cert.CertFile
	}
	long, longCA := serve(90*day+time.Hour, "")
	soon, soonCA := serve(10*day, "")
	verySoon, verySoonCA := serve(3*day, "")
	expired, expiredCA := serve(-time.Hour, "")
	newest, newestCA := serve(90*day, "ssl_protocols TLSv1.3;")
	older, olderCA := serve(90*day, "ssl_protocols TLSv1.2;")
	plain := testnginx.New(t, testnginx.Options{})
	ca := func(file string) func(*Config) { return func(c *Config) { c.CAFile = file } }
	for _, tt := range []struct {
		name    string
		config  *Config
		state   checks.State
		reason  checks.Reason
		summary string
	}{
		{"long", with(long.Port, ca(longCA)), checks.OK, "", "tls.ok"},
		{"by name", with(long.Port, ca(longCA), func(c *Config) { c.ServerName = "www.example.com" }), checks.OK, "", "tls.ok"},
		{"soon", with(soon.Port, ca(soonCA)), checks.Warning, checks.ReasonTLS, "tls.cert"},
		{"very soon", with(verySoon.Port, ca(verySoonCA)), checks.Critical, checks.ReasonTLS, "tls.cert"},
		{"very soon, and nobody cares", with(verySoon.Port, ca(verySoonCA), func(c *Config) { c.CertWarning, c.CertCritical = 0, 0 }), checks.OK, "", "tls.ok"},
		{"expired", with(expired.Port, ca(expiredCA)), checks.Critical, checks.ReasonTLS, "check.tls.expired"},
		{"expired, not verified", with(expired.Port, func(c *Config) { c.Verify = false }), checks.Critical, checks.ReasonTLS, "tls.cert"},
		{"untrusted", with(long.Port), checks.Critical, checks.ReasonTLS, "check.tls.untrusted"},
		{"untrusted, not verified", with(long.Port, func(c *Config) { c.Verify = false }), checks.OK, "", "tls.ok"},
		{"another name", with(long.Port, ca(longCA), func(c *Config) { c.ServerName = "www.example.org" }), checks.Critical, checks.ReasonTLS, "check.tls.name"},
		{"newest", with(newest.Port, ca(newestCA), func(c *Config) { c.MinVersion = "1.3" }), checks.OK, "", "tls.ok"},
		{"too old", with(older.Port, ca(olderCA), func(c *Config) { c.MinVersion = "1.3" }), checks.Critical, checks.ReasonTLS, "tls.old"},
		{"too slow", with(long.Port, ca(longCA), func(c *Config) { c.Critical = &checks.Threshold{Range: checks.Range{End: 1e-9}} }), checks.Critical, checks.ReasonThreshold, "tls.slow"},
		{"no TLS at all", with(plain.Port), checks.Critical, checks.ReasonTLS, "check.tls.plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason))
			checktest.Want(t, r, tt.state, tt.reason, "tls")
			if r.Summary.ID != tt.summary {
				t.Errorf("summary %s; want %s", r.Summary.ID, tt.summary)
			}
			shown := strings.Contains(string(r.Evidence), "subject: CN=test")
			if want := r.State != checks.OK && tt.config.Port != plain.Port; shown != want {
				t.Errorf("the chain in the evidence: %v; want %v: %s", shown, want, r.Evidence)
			}
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"tls", "-H", "localhost", "-p", strconv.Itoa(soon.Port), "--family", "ip4", "--tls-ca-file", soonCA}, []checks.Type{Type()}, &out, &errs)
		if code != 1 || !strings.HasPrefix(out.String(), "TLS WARNING - the certificate of localhost:") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_tcp", func(t *testing.T) {
		for name, port := range map[string]int{"long": long.Port, "soon": soon.Port, "very soon": verySoon.Port, "expired": expired.Port, "stopped": testproc.FreePort(t)} {
			code, out := checktest.Plugin(t, "check_tcp", "-H", "127.0.0.1", "-p", strconv.Itoa(port), "--ssl", "-D", "21,7", "-t", "2")
			r := checktest.Run(t, Type(), with(port, func(c *Config) { c.Verify = false }), "127.0.0.1", checktest.Timeout)
			if code != r.State.ExitCode() {
				t.Errorf("%s: check_tcp %d (%s), ours %s (%s)", name, code, out, r.State, checktest.Say(r))
			}
		}
	})
}

func TestMailServersShowTheirsAfterSTARTTLS(t *testing.T) {
	mx := postfixtest.Start(t)
	box := dovecottest.Start(t, dovecottest.Options{})
	_, p, _ := net.SplitHostPort(mx.Addr)
	smtp, _ := strconv.Atoi(p)
	for _, tt := range []struct {
		start, ca string
		port      int
	}{{"smtp", mx.CAFile, smtp}, {"pop3", box.CertFile, box.POP3}, {"imap", box.CertFile, box.IMAP}, {"none", box.CertFile, box.IMAPS}} {
		r := checktest.Run(t, Type(), with(tt.port, func(c *Config) {
			c.StartTLS, c.CAFile, c.CertWarning, c.CertCritical = tt.start, tt.ca, 0, 0
		}), "127.0.0.1", checktest.Timeout)
		if r.State != checks.OK {
			t.Errorf("%s: %s %s", tt.start, r.State, checktest.Say(r))
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, []checktest.Bad{
		{Name: "stopped", Reason: checks.ReasonConnect, Phase: "connect"},
		{Name: "silent", Serve: testnginx.Silent, Reason: checks.ReasonTimeout, Phase: "tls"},
		{Name: "closes", Serve: testnginx.Closing, Reason: checks.ReasonTLS, Phase: "tls"},
		{Name: "plain words", Serve: testnginx.Says("220 mx\r\n"), Reason: checks.ReasonTLS, Phase: "tls"},
		// The beginning of a TLS record, then a byte now and then.
		{Name: "a byte at a time", Serve: testnginx.Trickle("\x16\x03\x03\x40\x00", 100*time.Millisecond), Reason: checks.ReasonTimeout, Phase: "tls"},
		{Name: "endless", Serve: testnginx.Endless("\x16\x03\x03\x40\x00"), Reason: checks.ReasonTLS, Phase: "tls"},
	})
	t.Run("starttls", func(t *testing.T) {
		for start, greeting := range map[string]string{"smtp": "220 mx", "pop3": "+OK", "imap": "* OK", "ftp": "220 ftp", "nntp": "200 news"} {
			next := map[string]string{"smtp": "hello", "ftp": "starttls"}[start]
			if next == "" {
				next = "capability"
			}
			t.Run(start, func(t *testing.T) {
				checktest.AgainstBad(t, Type(), func(port int) checks.Config {
					return with(port, func(c *Config) { c.StartTLS = start })
				}, []checktest.Bad{
					{Name: "silent", Serve: testnginx.Silent, Reason: checks.ReasonTimeout, Phase: "banner"},
					{Name: "another protocol", Serve: testnginx.Says("HTTP/1.1 400 no\r\n"), Reason: checks.ReasonProtocol, Phase: "banner"},
					{Name: "silent after the greeting", Serve: testnginx.Says(greeting + "\r\n"), Reason: checks.ReasonTimeout, Phase: next},
				})
			})
		}
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := with(0, func(c *Config) {
		c.Family, c.StartTLS, c.MinVersion, c.CertWarning, c.CertCritical = "ip5", "gopher", "2", -1, -1
	}).Validate()
	for _, want := range []string{"port:", "family:", "starttls:", "min_version:", "cert_warning_days:", "cert_critical_days:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	cert := testnginx.NewCert(f, 90*day, "www.example.com")
	raw, err := os.ReadFile(cert.CertFile)
	if err != nil {
		f.Fatal(err)
	}
	block, _ := pem.Decode(raw)
	f.Add(block.Bytes)
	f.Fuzz(func(t *testing.T, der []byte) {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return
		}
		seen := tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert, cert, cert}}
		if e := describe(seen); len(e) > checks.EvidenceLimit || bytes.ContainsAny(e, "\x00\x1b\r") {
			t.Errorf("evidence %q", e)
		}
	})
}
