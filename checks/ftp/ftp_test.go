package ftp

import (
	"bytes"
	"context"
	"fmt"
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
	"monitord/internal/testserver/testproc"
	"monitord/internal/testserver/vsftpdtest"
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

func TestVsftpdIsAskedAsAUserWould(t *testing.T) {
	s, over := vsftpdtest.Start(t, false), vsftpdtest.Start(t, true)
	password, wrong := checktest.Secret(t, vsftpdtest.Password), checktest.Secret(t, "wrong")
	trusted := func(c *Config) { c.TLS, c.CAFile = dialogue.ModeStartTLS, s.CertFile }
	implicit := func(c *Config) { c.TLS, c.CAFile = dialogue.ModeImplicit, over.CertFile }
	login := func(secret config.Secret) func(*Config) {
		return func(c *Config) { c.Username, c.Password, c.Plaintext = vsftpdtest.User, secret, true }
	}
	file := func(path, contains string) func(*Config) {
		return func(c *Config) { c.File, c.Contains = path, contains }
	}
	motd := file(vsftpdtest.File, "all is well")
	for _, tt := range []struct {
		name   string
		config *Config
		state  checks.State
		reason checks.Reason
		phase  string
	}{
		{"greeting", with(s.Port), checks.OK, "", "banner"},
		{"expected greeting", with(s.Port, func(c *Config) { c.Expect = "vsFTPd" }), checks.OK, "", "banner"},
		{"other greeting", with(s.Port, func(c *Config) { c.Expect = "ProFTPD" }), checks.Critical, checks.ReasonContent, "banner"},
		{"login", with(s.Port, login(password)), checks.OK, "", "auth"},
		{"wrong password", with(s.Port, login(wrong)), checks.Critical, checks.ReasonAuth, "auth"},
		{"anonymous is not let in", with(s.Port, func(c *Config) { c.Anonymous = true }), checks.Critical, checks.ReasonAuth, "auth"},
		{"file", with(s.Port, login(password), motd), checks.OK, "", "data"},
		{"first bytes of a file", with(s.Port, login(password), file(vsftpdtest.File, "all"), func(c *Config) { c.MaxBytes = 3 }), checks.OK, "", "data"},
		{"other words", with(s.Port, login(password), file(vsftpdtest.File, "nothing is")), checks.Critical, checks.ReasonContent, "data"},
		{"no such file", with(s.Port, login(password), file("/no", "")), checks.Critical, checks.ReasonStatus, "data"},
		{"login over tls", with(s.Port, trusted, login(password)), checks.OK, "", "auth"},
		{"file over tls", with(s.Port, trusted, login(password), motd), checks.OK, "", "data"},
		{"file over implicit tls", with(over.Port, implicit, login(password), motd), checks.OK, "", "data"},
		{"untrusted", with(s.Port, func(c *Config) { c.TLS = dialogue.ModeStartTLS }), checks.Critical, checks.ReasonTLS, "tls"},
		{"certificate ends soon", with(s.Port, trusted, func(c *Config) { c.CertWarning = 100 }), checks.Warning, checks.ReasonTLS, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checktest.Want(t, checktest.Run(t, Type(), tt.config, "127.0.0.1", checktest.TimeoutFor(tt.reason)), tt.state, tt.reason, tt.phase)
		})
	}
	t.Run("ad hoc", func(t *testing.T) {
		var out, errs bytes.Buffer
		code := checkcli.Run(t.Context(), []string{"ftp", "-p", strconv.Itoa(s.Port), "--tls", "starttls", "--tls-ca-file", s.CertFile, "--username", vsftpdtest.User,
			"--password-file", password.File, "--file", vsftpdtest.File, "--contains", "well"}, []checks.Type{Type()}, &out, &errs)
		if code != 0 || !strings.HasPrefix(out.String(), "FTP OK - 127.0.0.1:") || !strings.Contains(out.String(), "'size'=12B") {
			t.Errorf("code %d, %s%s", code, &out, &errs)
		}
	})
	t.Run("as check_ftp", func(t *testing.T) { asCheckFTP(t, s.Port) })
	s.Stop()
	checktest.Want(t, checktest.Run(t, Type(), with(s.Port), "127.0.0.1", checktest.Timeout), checks.Critical, checks.ReasonConnect, "connect")
}

// asCheckFTP compares verdicts with monitoring-plugins' check_ftp. It calls a
// refused greeting a WARNING; we do not, as no user gets in.
func asCheckFTP(t *testing.T, healthy int) {
	for name, tt := range map[string]struct {
		port   int
		theirs int
		ours   checks.State
	}{
		"healthy": {healthy, 0, checks.OK},
		"stopped": {testproc.FreePort(t), 2, checks.Critical},
		"silent":  {testnginx.Bad(t, testnginx.Silent), 2, checks.Critical},
		"refuses": {testnginx.Bad(t, func(_ context.Context, c net.Conn) { io.WriteString(c, "421 busy\r\n") }), 1, checks.Critical},
	} {
		code, out := checktest.Plugin(t, "check_ftp", "-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-t", "1")
		r := checktest.Run(t, Type(), with(tt.port), "127.0.0.1", checktest.Short)
		if code != tt.theirs || r.State != tt.ours {
			t.Errorf("%s: check_ftp %d (%s), ours %s; want %d and %s", name, code, out, r.State, tt.theirs, tt.ours)
		}
	}
}

func TestEachBadServerGetsItsReasonAndPhase(t *testing.T) {
	anonymous := func(c *Config) { c.Anonymous = true }
	checktest.AgainstBad(t, Type(), func(port int) checks.Config { return with(port, anonymous) }, append(checktest.Usual("220 ftp", "421 busy", "auth"),
		checktest.Bad{Name: "greets for ever", Serve: checktest.Forever("", "220-ftp\r\n"), Reason: checks.ReasonProtocol, Phase: "banner"}))
	t.Run("data", func(t *testing.T) {
		// Everything up to the data connection is well.
		epsv := func(port int) string {
			return fmt.Sprintf("220 ftp\r\n230 in\r\n200 binary\r\n229 here (|||%d|)\r\n", port)
		}
		checktest.AgainstBad(t, Type(), func(port int) checks.Config {
			return with(port, anonymous, func(c *Config) { c.File = "/x" })
		}, []checktest.Bad{
			{Name: "nobody listens", Serve: testnginx.Says(epsv(testproc.FreePort(t))), Reason: checks.ReasonConnect, Phase: "data"},
			{Name: "silent", Serve: testnginx.Says(epsv(testnginx.Bad(t, testnginx.Silent)) + "150 comes\r\n"), Reason: checks.ReasonTimeout, Phase: "data"},
			{Name: "a byte at a time", Serve: testnginx.Says(epsv(testnginx.Bad(t, testnginx.Trickle("", 1e8))) + "150 comes\r\n"), Reason: checks.ReasonTimeout, Phase: "data"},
			{Name: "broken off", Serve: testnginx.Says(epsv(testnginx.Bad(t, testnginx.Closing)) + "150 comes\r\n426 broken\r\n"), Reason: checks.ReasonStatus, Phase: "data"},
			{Name: "no port", Serve: testnginx.Says(epsv(0)), Reason: checks.ReasonProtocol, Phase: "data"},
			{Name: "no passive mode", Serve: testnginx.Says("220 ftp\r\n230 in\r\n200 binary\r\n500 no\r\n500 no\r\n"), Reason: checks.ReasonStatus, Phase: "data"},
		})
	})
	t.Run("an endless file is read up to its limit", func(t *testing.T) {
		data := testnginx.Bad(t, testnginx.Endless(""))
		port := testnginx.Bad(t, testnginx.Says(fmt.Sprintf("220 ftp\r\n230 in\r\n200 binary\r\n229 here (|||%d|)\r\n150 comes\r\n", data)))
		r := checktest.Run(t, Type(), with(port, anonymous, func(c *Config) { c.File = "/x" }), "127.0.0.1", checktest.Timeout)
		checktest.Want(t, r, checks.OK, "", "data")
	})
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	err := with(-1, func(c *Config) {
		c.Username, c.Anonymous, c.File, c.MaxBytes = "u", true, "a\r\nDELE b", 0
	}).Validate()
	for _, want := range []string{"port:", "password:", "anonymous:", "file:", "max_bytes:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	if err := with(21, func(c *Config) { c.File = "/x" }).Validate(); err == nil {
		t.Error("a file without a login was taken")
	}
}
