package smtp

import (
	"bytes"
	"context"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/checks/internal/dialogue"
	"monitord/internal/checkcli"
	"monitord/internal/testnginx"
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

func portOf(t *testing.T, addr string) int {
	t.Helper()
	_, p, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(p)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPostfixIsAskedAsAnotherServerWould(t *testing.T) {
	s := postfixtest.Start(t)
	plain, implicit := portOf(t, s.Addr), portOf(t, s.Implicit)
	trusted := func(c *Config) { c.TLS, c.CAFile, c.ServerName = dialogue.ModeStartTLS, s.CAFile, "localhost" }
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"plain", with(plain), checks.OK, "", "hello"},
		{"expected greeting", with(plain, func(c *Config) { c.Expect = "ESMTP Postfix" }), checks.OK, "", "hello"},
		{"other greeting", with(plain, func(c *Config) { c.Expect = "Exim" }), checks.Critical, checks.ReasonContent, "banner"},
		{"starttls", with(plain, trusted), checks.OK, "", "hello"},
		{"implicit", with(implicit, trusted, func(c *Config) { c.TLS = dialogue.ModeImplicit }), checks.OK, "", "hello"},
		{"untrusted", with(plain, func(c *Config) { c.TLS = dialogue.ModeStartTLS }), checks.Critical, checks.ReasonTLS, "tls"},
		{"another name", with(plain, trusted, func(c *Config) { c.ServerName = "mx.example.com" }), checks.Critical, checks.ReasonTLS, "tls"},
		{"certificate ends soon", with(plain, trusted, func(c *Config) { c.CertWarning = 2 }), checks.Warning, checks.ReasonTLS, ""},
		{"certificate ends very soon", with(plain, trusted, func(c *Config) { c.CertWarning, c.CertCritical = 30, 2 }), checks.Critical, checks.ReasonTLS, ""},
		{"recipient", with(plain, func(c *Config) { c.Recipient = "inbox@example.net" }), checks.OK, "", "recipient"},
		{"unknown recipient", with(plain, func(c *Config) { c.Recipient = "refused@example.net" }), checks.Critical, checks.ReasonStatus, "recipient"},
		{"relaying refused", with(plain, func(c *Config) { c.Recipient = "a@elsewhere.invalid" }), checks.Critical, checks.ReasonStatus, "recipient"},
		{"no login here", with(plain, trusted, func(c *Config) { c.Username, c.Password = "u", checktest.Secret(t, "p") }), checks.Critical, checks.ReasonAuth, "auth"},
		{"tls on the plain port", with(plain, func(c *Config) { c.TLS = dialogue.ModeImplicit }), checks.Critical, checks.ReasonTLS, "tls"},
		{"too slow", with(plain, func(c *Config) { c.Warning = &checks.Threshold{Range: checks.Range{End: 1e-9}} }), checks.Warning, checks.ReasonThreshold, "hello"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason))
			checktest.Want(t, r, tt.state, tt.reason, tt.phase)
			about := tt.reason == checks.ReasonTLS && tt.config.TLS == dialogue.ModeStartTLS
			if shown := strings.Contains(string(r.Evidence), "subject: CN=localhost"); shown != about {
				t.Errorf("the chain in the evidence: %v; want %v: %s", shown, about, r.Evidence)
			}
		})
	}
	if n := len(s.Mails("inbox")); n != 0 {
		t.Errorf("%d mails were sent by asking", n)
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"smtp", "-H", "127.0.0.1", "-p", strconv.Itoa(plain), "--tls", "starttls", "--tls-ca-file", s.CAFile, "-c", "5"},
			[]checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "SMTP OK - 127.0.0.1:") || !strings.Contains(out.String(), "'cert_left'=") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_smtp", func(t *testing.T) { asCheckSMTP(t, plain) })
	s.Stop(t)
	checktest.Want(t, checktest.Run(t, Type(), with(plain), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

// asCheckSMTP compares verdicts with monitoring-plugins' check_smtp. It calls a
// refused greeting a WARNING; we do not, as no mail gets in.
func asCheckSMTP(t *testing.T, healthy int) {
	for name, tt := range map[string]struct {
		port   int
		theirs int
		ours   checks.State
	}{
		"healthy": {healthy, 0, checks.OK},
		"stopped": {testproc.FreePort(t), 2, checks.Critical},
		"silent":  {testnginx.Bad(t, testnginx.Silent), 2, checks.Critical},
		"refuses": {testnginx.Bad(t, func(_ context.Context, c net.Conn) { io.WriteString(c, "554 go away\r\n") }), 1, checks.Critical},
	} {
		code, out := checktest.Plugin(t, "check_smtp", "-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-t", "1")
		r := checktest.Run(t, Type(), with(tt.port), "127.0.0.1", checktest.Short)
		if code != tt.theirs || r.State != tt.ours {
			t.Errorf("%s: check_smtp %d (%s), ours %s; want %d and %s", name, code, out, r.State, tt.theirs, tt.ours)
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	servers := append(checktest.Usual("220 mx", "554 go away", "hello"),
		checktest.Bad{Name: "greets for ever", Serve: checktest.Forever("", "220-mx\r\n"), Reason: checks.ReasonProtocol, Phase: "banner", Said: "220-mx"},
		checktest.Bad{Name: "refuses EHLO", Serve: testnginx.Says("220 mx\r\n502 no\r\n503 no\r\n"), Reason: checks.ReasonStatus, Phase: "hello", Said: "220 mx"})
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, servers)
	t.Run("starttls", func(t *testing.T) {
		offer := "220 mx\r\n250-mx\r\n250 STARTTLS\r\n"
		checktest.AgainstBad(t, Type(), func(port int) checks.Config {
			return with(port, func(c *Config) { c.TLS = dialogue.ModeStartTLS })
		}, []checktest.Bad{
			{Name: "not offered", Serve: testnginx.Says("220 mx\r\n250 mx\r\n"), Reason: checks.ReasonTLS, Phase: "starttls"},
			{Name: "offered and silent", Serve: testnginx.Says(offer), Reason: checks.ReasonTimeout, Phase: "starttls"},
			{Name: "offered and refused", Serve: testnginx.Says(offer + "454 no\r\n"), Reason: checks.ReasonStatus, Phase: "starttls"},
			{Name: "words before the handshake", Serve: testnginx.Says(offer + "220 go\r\n250 injected\r\n"), Reason: checks.ReasonProtocol, Phase: "starttls"},
		})
	})
	t.Run("implicit", func(t *testing.T) {
		checktest.AgainstBad(t, Type(), func(port int) checks.Config {
			return with(port, func(c *Config) { c.TLS = dialogue.ModeImplicit })
		}, []checktest.Bad{
			{Name: "silent", Serve: testnginx.Silent, Reason: checks.ReasonTimeout, Phase: "tls"},
			{Name: "plain", Serve: testnginx.Says("220 mx\r\n"), Reason: checks.ReasonTLS, Phase: "tls"},
		})
	})
}

func TestNoSuchName(t *testing.T) {
	checktest.Want(t, checktest.Run(t, Type(), with(25), "nosuch.invalid", checktest.Timeout), checks.Critical, checks.ReasonDNS, "dns")
	checktest.Want(t, checktest.Run(t, Type(), with(25, func(c *Config) { c.Family = "ip6" }), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonDNS, "")
}

func TestAnEchoedPasswordIsNoEvidence(t *testing.T) {
	const password = "tr0ub4dor"
	port := testnginx.Bad(t, testnginx.Says("220 mx\r\n250-mx\r\n250 AUTH PLAIN\r\n535 no, AHUAdHIwdWI0ZG9y is "+password+"\r\n"))
	r := checktest.Run(t, Type(), with(port, func(c *Config) {
		c.Username, c.Password, c.Plaintext = "u", checktest.Secret(t, password), true
	}), "127.0.0.1", checktest.Timeout)
	checktest.Want(t, r, checks.Critical, checks.ReasonAuth, "auth")
	for _, words := range []string{string(r.Evidence), checktest.Say(r)} {
		if strings.Contains(words, password) || strings.Contains(words, "AHUAdHIwdWI0ZG9y") || !strings.Contains(words, "<hidden>") {
			t.Errorf("the password stands in %q", words)
		}
	}
}

func TestAPasswordThatCannotBeReadIsAnError(t *testing.T) {
	cfg := with(25, func(c *Config) { c.Username, c.Plaintext = "u", true; c.Password.File = "/nonexistent/secret" })
	c, err := New(*cfg, checktest.Deps())
	if err != nil {
		t.Fatal(err)
	}
	if r, err := c.Run(t.Context(), checks.Target{Address: "127.0.0.1"}); err == nil || !strings.Contains(err.Error(), "/nonexistent/secret") {
		t.Errorf("got %v, %v", r, err)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := with(70000, func(c *Config) {
		c.Family, c.TLS, c.CertWarning, c.Hello, c.Sender, c.Recipient = "ip5", "ssl", -1, "a\r\nb", "a b@c", "nobody"
		c.Password.File = "p"
	})
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "tls:", "cert_warning_days:", "hello:", "sender:", "recipient:", "username:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = with(25, func(c *Config) { c.Username = "u"; c.Password.File = "p" })
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "plaintext_auth") {
		t.Errorf("a password in the clear: got %v", err)
	}
}
