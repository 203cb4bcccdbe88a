package pop3

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
	"monitord/internal/config"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/dovecottest"
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

func TestDovecotIsAskedAsAMailProgramWould(t *testing.T) {
	s := dovecottest.Start(t, dovecottest.Options{IPv6: true})
	plain, implicit := s.POP3, s.POP3S
	password, wrong := checktest.Secret(t, dovecottest.Password), checktest.Secret(t, "wrong")
	trusted := func(mode dialogue.Mode) func(*Config) {
		return func(c *Config) { c.TLS, c.CAFile = mode, s.CertFile }
	}
	login := func(secret config.Secret) func(*Config) {
		return func(c *Config) { c.Username, c.Password, c.Plaintext = dovecottest.User, secret, true }
	}
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"plain", with(plain), checks.OK, "", "capability"},
		{"expected greeting", with(plain, func(c *Config) { c.Expect = "Dovecot" }), checks.OK, "", "capability"},
		{"other greeting", with(plain, func(c *Config) { c.Expect = "Courier" }), checks.Critical, checks.ReasonContent, "banner"},
		{"starttls", with(plain, trusted(dialogue.ModeStartTLS)), checks.OK, "", "capability"},
		{"implicit", with(implicit, trusted(dialogue.ModeImplicit)), checks.OK, "", "capability"},
		{"login", with(plain, login(password)), checks.OK, "", "mailbox"},
		{"login after starttls", with(plain, trusted(dialogue.ModeStartTLS), login(password)), checks.OK, "", "mailbox"},
		{"login over tls", with(implicit, trusted(dialogue.ModeImplicit), login(password)), checks.OK, "", "mailbox"},
		{"wrong password", with(plain, login(wrong)), checks.Critical, checks.ReasonAuth, "auth"},
		{"untrusted", with(implicit, func(c *Config) { c.TLS = dialogue.ModeImplicit }), checks.Critical, checks.ReasonTLS, "tls"},
		{"plain words to the tls port", with(implicit), checks.Critical, checks.ReasonTimeout, "banner"},
		{"tls on the plain port", with(plain, trusted(dialogue.ModeImplicit)), checks.Critical, checks.ReasonTLS, "tls"},
		{"certificate ends soon", with(implicit, trusted(dialogue.ModeImplicit), func(c *Config) { c.CertWarning, c.CertCritical = 100, 30 }), checks.Warning, checks.ReasonTLS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason))
			checktest.Want(t, r, tt.state, tt.reason, tt.phase)
			if tt.phase == "mailbox" && r.State == checks.OK && (len(r.Perf) < 2 || r.Perf[len(r.Perf)-1].Value != 0) {
				t.Errorf("values %+v; want an empty mailbox", r.Perf)
			}
		})
	}
	checktest.Want(t, checktest.Run(t, Type(), with(plain), "::1", checktest.Timeout), checks.OK, "", "")
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"pop3", "-H", "127.0.0.1", "-p", strconv.Itoa(implicit), "--tls", "implicit", "--tls-ca-file", s.CertFile,
			"--username", dovecottest.User, "--password-file", password.File}, []checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "POP3 OK - 127.0.0.1:") || !strings.Contains(out.String(), "'mails'=0;") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_pop", func(t *testing.T) { asPlugin(t, plain) })
	s.Stop()
	checktest.Want(t, checktest.Run(t, Type(), with(plain), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

// asPlugin compares verdicts with monitoring-plugins' check_pop. It calls a
// wrong greeting a WARNING; we do not, as no user gets at the mail.
func asPlugin(t *testing.T, healthy int) {
	for name, tt := range map[string]struct {
		port   int
		theirs int
		ours   checks.State
	}{
		"healthy": {healthy, 0, checks.OK},
		"stopped": {testproc.FreePort(t), 2, checks.Critical},
		"silent":  {testnginx.Bad(t, testnginx.Silent), 2, checks.Critical},
		"refuses": {testnginx.Bad(t, func(_ context.Context, c net.Conn) { io.WriteString(c, "-ERR busy\r\n") }), 1, checks.Critical},
	} {
		code, out := checktest.Plugin(t, "check_pop", "-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-t", "1")
		r := checktest.Run(t, Type(), with(tt.port), "127.0.0.1", checktest.Short)
		if code != tt.theirs || r.State != tt.ours {
			t.Errorf("%s: check_pop %d (%s), ours %s; want %d and %s", name, code, out, r.State, tt.theirs, tt.ours)
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	servers := append(checktest.Usual("+OK", "-ERR busy", "capability"), checktest.Bad{
		Name: "endless list", Serve: checktest.Forever("+OK\r\n+OK\r\n", "X\r\n"), Reason: checks.ReasonProtocol, Phase: "capability",
	})
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, servers)
	t.Run("starttls", func(t *testing.T) {
		const offer = "+OK\r\n+OK\r\nSTLS\r\n.\r\n"
		checktest.AgainstBad(t, Type(), func(port int) checks.Config {
			return with(port, func(c *Config) { c.TLS = dialogue.ModeStartTLS })
		}, []checktest.Bad{
			{Name: "not offered", Serve: testnginx.Says("+OK\r\n+OK\r\nUSER\r\n.\r\n"), Reason: checks.ReasonTLS, Phase: "starttls"},
			{Name: "offered and silent", Serve: testnginx.Says(offer), Reason: checks.ReasonTimeout, Phase: "starttls"},
			{Name: "offered and refused", Serve: testnginx.Says(offer + "-ERR no\r\n"), Reason: checks.ReasonStatus, Phase: "starttls"},
			{Name: "words before the handshake", Serve: testnginx.Says(offer + "+OK go\r\n-ERR injected\r\n"), Reason: checks.ReasonProtocol, Phase: "starttls"},
		})
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := with(-1)
	err := c.Validate()
	for _, want := range []string{"port:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
