package nntp

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
	"monitord/internal/testserver/inntest"
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

func TestINNIsAskedAsAReaderWould(t *testing.T) {
	s := inntest.Start(t)
	password, wrong := checktest.Secret(t, inntest.Password), checktest.Secret(t, "wrong")
	trusted := func(mode dialogue.Mode) func(*Config) {
		return func(c *Config) { c.TLS, c.CAFile = mode, s.CertFile }
	}
	login := func(secret config.Secret) func(*Config) {
		return func(c *Config) { c.Username, c.Password, c.Plaintext = inntest.User, secret, true }
	}
	group := func(name string) func(*Config) { return func(c *Config) { c.Group = name } }
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"greeting", with(s.Port), checks.OK, "", "capability"},
		{"expected greeting", with(s.Port, func(c *Config) { c.Expect = "INN" }), checks.OK, "", "capability"},
		{"other greeting", with(s.Port, func(c *Config) { c.Expect = "Leafnode" }), checks.Critical, checks.ReasonContent, "banner"},
		{"starttls", with(s.Port, trusted(dialogue.ModeStartTLS)), checks.OK, "", "capability"},
		{"implicit", with(s.TLSPort, trusted(dialogue.ModeImplicit)), checks.OK, "", "capability"},
		{"untrusted", with(s.Port, func(c *Config) { c.TLS = dialogue.ModeStartTLS }), checks.Critical, checks.ReasonTLS, "tls"},
		{"login", with(s.Port, login(password)), checks.OK, "", "auth"},
		{"wrong password", with(s.Port, login(wrong)), checks.Critical, checks.ReasonAuth, "auth"},
		{"group", with(s.Port, login(password), group(inntest.Group)), checks.OK, "", "mailbox"},
		{"group over tls", with(s.TLSPort, trusted(dialogue.ModeImplicit), login(password), group(inntest.Group)), checks.OK, "", "mailbox"},
		{"group after starttls", with(s.Port, trusted(dialogue.ModeStartTLS), login(password), group(inntest.Group)), checks.OK, "", "mailbox"},
		{"no such group", with(s.Port, login(password), group("alt.nothing")), checks.Critical, checks.ReasonStatus, "mailbox"},
		{"group without login", with(s.Port, group(inntest.Group)), checks.Critical, checks.ReasonAuth, "mailbox"},
		{"certificate ends soon", with(s.TLSPort, trusted(dialogue.ModeImplicit), func(c *Config) { c.CertWarning = 100 }), checks.Warning, checks.ReasonTLS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checktest.Want(t, checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason)), tt.state, tt.reason, tt.phase)
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"nntp", "-p", strconv.Itoa(s.TLSPort), "--tls", "implicit", "--tls-ca-file", s.CertFile, "--username", inntest.User,
			"--password-file", password.File, "--group", inntest.Group}, []checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "NNTP OK - 127.0.0.1:") || !strings.Contains(out.String(), "'articles'=0;") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_nntp", func(t *testing.T) { asCheckNNTP(t, s.Port) })
	s.Stop()
	checktest.Want(t, checktest.Run(t, Type(), with(s.Port), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

// asCheckNNTP compares verdicts with monitoring-plugins' check_nntp. It calls a
// refused greeting a WARNING; we do not, as nobody can read.
func asCheckNNTP(t *testing.T, healthy int) {
	for name, tt := range map[string]struct {
		port   int
		theirs int
		ours   checks.State
	}{
		"healthy": {healthy, 0, checks.OK},
		"stopped": {testproc.FreePort(t), 2, checks.Critical},
		"silent":  {testnginx.Bad(t, testnginx.Silent), 2, checks.Critical},
		"refuses": {testnginx.Bad(t, func(_ context.Context, c net.Conn) { io.WriteString(c, "400 paused\r\n") }), 1, checks.Critical},
	} {
		code, out := checktest.Plugin(t, "check_nntp", "-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-t", "1")
		r := checktest.Run(t, Type(), with(tt.port), "127.0.0.1", checktest.Short)
		if code != tt.theirs || r.State != tt.ours {
			t.Errorf("%s: check_nntp %d (%s), ours %s; want %d and %s", name, code, out, r.State, tt.theirs, tt.ours)
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, append(checktest.Usual("200 news", "400 paused", "capability"),
		checktest.Bad{Name: "endless list", Serve: checktest.Forever("200 news\r\n101 list\r\n", "XYZZY\r\n"), Reason: checks.ReasonProtocol, Phase: "capability"}))
	t.Run("starttls", func(t *testing.T) {
		const offer = "200 news\r\n101 list\r\nSTARTTLS\r\n.\r\n"
		checktest.AgainstBad(t, Type(), func(port int) checks.Config {
			return with(port, func(c *Config) { c.TLS = dialogue.ModeStartTLS })
		}, []checktest.Bad{
			{Name: "not offered", Serve: testnginx.Says("200 news\r\n101 list\r\nREADER\r\n.\r\n"), Reason: checks.ReasonTLS, Phase: "starttls"},
			{Name: "offered and silent", Serve: testnginx.Says(offer), Reason: checks.ReasonTimeout, Phase: "starttls"},
			{Name: "offered and refused", Serve: testnginx.Says(offer + "580 no\r\n"), Reason: checks.ReasonStatus, Phase: "starttls"},
			{Name: "words before the handshake", Serve: testnginx.Says(offer + "382 go\r\n400 injected\r\n"), Reason: checks.ReasonProtocol, Phase: "starttls"},
		})
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := with(-1, func(c *Config) { c.Group = "a\r\nQUIT" }).Validate()
	for _, want := range []string{"port:", "group:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}
