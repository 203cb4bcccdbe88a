package submission

import (
	"bytes"
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
	"monitord/internal/testserver/postfixtest"
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

func TestPostfixWithDovecotIsAskedAsAUserWould(t *testing.T) {
	users := dovecottest.Start(t, dovecottest.Options{})
	s := postfixtest.StartWith(t, postfixtest.Options{AuthPort: users.Auth})
	_, p, _ := net.SplitHostPort(s.Submission)
	port, _ := strconv.Atoi(p)
	password, wrong := checktest.Secret(t, dovecottest.Password), checktest.Secret(t, "wrong")
	trusted := func(c *Config) { c.CAFile, c.ServerName = s.CAFile, "localhost" }
	login := func(secret config.Secret) func(*Config) {
		return func(c *Config) { trusted(c); c.Username, c.Password = dovecottest.User, secret }
	}
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"login is offered", with(port, trusted), checks.OK, "", "hello"},
		{"login", with(port, login(password)), checks.OK, "", "auth"},
		{"login and recipient", with(port, login(password), func(c *Config) { c.Sender, c.Recipient = dovecottest.User, "inbox@example.net" }), checks.OK, "", "recipient"},
		{"wrong password", with(port, login(wrong)), checks.Critical, checks.ReasonAuth, "auth"},
		{"recipient without login", with(port, trusted, func(c *Config) { c.Recipient = "inbox@example.net" }), checks.Critical, checks.ReasonStatus, "recipient"},
		{"no login without TLS", with(port, func(c *Config) { c.TLS = dialogue.ModeNone }), checks.Critical, checks.ReasonAuth, "auth"},
		{"untrusted", with(port), checks.Critical, checks.ReasonTLS, "tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checktest.Want(t, checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason)), tt.state, tt.reason, tt.phase)
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"submission", "-p", p, "--tls-ca-file", s.CAFile, "--username", dovecottest.User, "--password-file", password.File},
			[]checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "SUBMISSION OK - 127.0.0.1:") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	users.Stop() // the mail server lives, and nobody can log in
	r := checktest.Run(t, Type(), with(port, login(password)), "127.0.0.1", checktest.Timeout)
	if r.State != checks.Critical {
		t.Errorf("without its users: %s %s", r.State, checktest.Say(r))
	}
	s.Stop(t)
	checktest.Want(t, checktest.Run(t, Type(), with(port), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port) }, checktest.Usual("220 mx", "421 busy", "hello"))
}

// The mechanisms that dovecot's answer to PLAIN does not show.
func TestEachMechanismIsSpoken(t *testing.T) {
	for name, says := range map[string]string{
		"login":    "250 AUTH LOGIN\r\n334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 ok\r\n",
		"cram-md5": "250 AUTH CRAM-MD5\r\n334 PDEyM0BteD4=\r\n235 ok\r\n",
	} {
		port := testnginx.Bad(t, testnginx.Says("220 mx\r\n250-mx\r\n"+says))
		r := checktest.Run(t, Type(), with(port, func(c *Config) {
			c.TLS, c.Plaintext, c.Username, c.Password = dialogue.ModeNone, true, "u", checktest.Secret(t, "p4ssw0rd")
		}), "127.0.0.1", checktest.Timeout)
		t.Log(name)
		checktest.Want(t, r, checks.OK, "", "auth")
	}
}
