package ldap

import (
	"bytes"
	"context"
	"math"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/internal/config"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/slapd"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok       = checks.OK
	critical = checks.Critical
	people   = "ou=people,dc=example,dc=test"
)

func limit(start, end float64) *checks.Threshold {
	return &checks.Threshold{Range: checks.Range{Start: start, End: end}}
}

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	cert := testnginx.NewCert(t, 24*time.Hour)
	dir, plain := slapd.New(t, cert.CertFile, cert.KeyFile), slapd.New(t, "", "")
	secret, wrong := checktest.Secret(t, dir.Password), checktest.Secret(t, "falsch")
	admin := func(c *Config) { c.BindDN, c.Password = dir.BindDN, secret }
	starttls := func(c *Config) { c.TLS, c.CAFile = TLSStartTLS, cert.CertFile }
	ldaps := func(c *Config) { c.TLS, c.CAFile = TLSLDAPS, cert.CertFile }
	find := func(filter string, entries *checks.Threshold) func(*Config) {
		return func(c *Config) { c.Base, c.Scope, c.Filter, c.Entries = people, "sub", filter, entries }
	}
	for _, tt := range []struct {
		name, address string
		port          int
		change        func(*Config)
		state         checks.State
		reason        checks.Reason
		phase         string
	}{
		{"healthy", "127.0.0.1", dir.Port, nil, ok, "", "query"},
		{"healthy over IPv6", "::1", dir.Port, nil, ok, "", "query"},
		{"healthy by name", "localhost", dir.Port, func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
		{"bound", "127.0.0.1", dir.Port, admin, ok, "", "query"},
		{"StartTLS", "127.0.0.1", dir.Port, func(c *Config) { starttls(c); admin(c) }, ok, "", "query"},
		{"LDAPS", "127.0.0.1", dir.TLSPort, ldaps, ok, "", "query"},
		{"StartTLS, unknown authority", "127.0.0.1", dir.Port, func(c *Config) { c.TLS = TLSStartTLS }, critical, checks.ReasonTLS, "tls"},
		{"LDAPS, another name", "127.0.0.1", dir.TLSPort, func(c *Config) { ldaps(c); c.ServerName = "ldap.example.com" }, critical, checks.ReasonTLS, "tls"},
		{"LDAPS, not verified", "127.0.0.1", dir.TLSPort, func(c *Config) { c.TLS, c.Verify = TLSLDAPS, false }, ok, "", "query"},
		{"no StartTLS", "127.0.0.1", plain.Port, starttls, critical, checks.ReasonTLS, "tls"},
		{"plain where LDAPS should be", "127.0.0.1", plain.Port, ldaps, critical, "", "tls"},
		{"two entries", "127.0.0.1", dir.Port, find("(objectClass=person)", limit(2, 2)), ok, "", "query"},
		{"too few", "127.0.0.1", dir.Port, find("(objectClass=person)", limit(3, math.Inf(1))), critical, checks.ReasonContent, "query"},
		{"none", "127.0.0.1", dir.Port, find("(cn=nobody)", limit(1, math.Inf(1))), critical, checks.ReasonContent, "query"},
		{"none, as wanted", "127.0.0.1", dir.Port, find("(cn=nobody)", limit(0, 0)), ok, "", "query"},
		{"the value", "127.0.0.1", dir.Port, func(c *Config) {
			find("(cn=anna)", limit(1, 1))(c)
			c.Attribute, c.Expect = "TELEPHONENUMBER", "1234"
		}, ok, "", "query"},
		{"another value", "127.0.0.1", dir.Port, func(c *Config) {
			find("(cn=anna)", limit(1, 1))(c)
			c.Attribute, c.ExpectRegexp = "telephoneNumber", "^5"
		}, critical, checks.ReasonContent, "query"},
		{"too slow", "127.0.0.1", dir.Port, func(c *Config) { c.Critical = limit(0, 1e-9) }, critical, checks.ReasonThreshold, "query"},
		{"no such base", "127.0.0.1", dir.Port, func(c *Config) { c.Base = "dc=nosuch" }, critical, checks.ReasonStatus, "query"},
		{"wrong password", "127.0.0.1", dir.Port, func(c *Config) { admin(c); c.Password = wrong }, critical, checks.ReasonAuth, "login"},
		{"no such user", "127.0.0.1", dir.Port, func(c *Config) { admin(c); c.BindDN = "cn=nosuch,dc=example,dc=test" }, critical, checks.ReasonAuth, "login"},
		{"no such name", "nosuch.invalid", dir.Port, nil, critical, checks.ReasonDNS, "dns"},
		{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "connect"},
		{"silent", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), nil, critical, checks.ReasonTimeout, "login"},
		{"silent, StartTLS", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), starttls, critical, checks.ReasonTimeout, "tls"},
		{"silent, LDAPS", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), ldaps, critical, checks.ReasonTimeout, "tls"},
		{"wrong banner", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), nil, critical, checks.ReasonProtocol, "login"},
		{"wrong banner, StartTLS", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), starttls, critical, checks.ReasonProtocol, "tls"},
		{"a byte at a time", "127.0.0.1", testnginx.Bad(t, testnginx.Trickle("\x30\x7f\x02\x01\x01", 100*time.Millisecond)), nil, critical, checks.ReasonTimeout, "login"},
		{"endless", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("")), nil, critical, checks.ReasonProtocol, "login"},
		{"endless, StartTLS", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("\x30\x84\xff\xff\xff\xff")), starttls, critical, checks.ReasonProtocol, "tls"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := DefaultConfig()
			cfg.Port = tt.port
			if tt.change != nil {
				tt.change(&cfg)
			}
			r := checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium)
			if tt.name == "plain where LDAPS should be" && (r.Reason == checks.ReasonTLS || r.Reason == checks.ReasonConnect) {
				tt.reason = r.Reason // slapd may reset, or close in peace
			}
			checktest.Want(t, r, tt.state, tt.reason, tt.phase)
			if s := checktest.Say(r) + string(r.Evidence); strings.Contains(s, dir.Password) || strings.Contains(s, "falsch") || strings.Contains(s, "geheimnis") {
				t.Errorf("a password is shown: %s", s)
			}
		})
	}
}

func TestPasswordsOfTheDirectoryAreNotShown(t *testing.T) {
	dir := slapd.New(t, "", "")
	cfg := DefaultConfig()
	cfg.Port, cfg.BindDN, cfg.Password = dir.Port, dir.BindDN, checktest.Secret(t, dir.Password)
	cfg.Base, cfg.Scope, cfg.Entries = people, "sub", limit(9, 9)
	r := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium)
	checktest.Want(t, r, critical, checks.ReasonContent, "query")
	if s := string(r.Evidence); strings.Contains(s, "geheimnis") || !strings.Contains(s, "userPassword: <hidden>") || !strings.Contains(s, "telephoneNumber: 1234") {
		t.Errorf("evidence %s", s)
	}
}

func TestVerdictsAreThoseOfCheckLDAP(t *testing.T) {
	dir := slapd.New(t, "", "")
	for name, tt := range map[string]struct {
		port     int
		password string
	}{
		"healthy": {dir.Port, dir.Password}, "wrong password": {dir.Port, "falsch"}, "stopped": {testproc.FreePort(t), dir.Password},
	} {
		code, out := checktest.Plugin(t, "check_ldap", "-H", "127.0.0.1", "-p", strconv.Itoa(tt.port), "-b", people, "-D", dir.BindDN, "-P", tt.password, "-3", "-t", "5")
		cfg := DefaultConfig()
		cfg.Port, cfg.BindDN, cfg.Base, cfg.Password = tt.port, dir.BindDN, people, checktest.Secret(t, tt.password)
		if ours := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium).State.ExitCode(); ours != code {
			t.Errorf("%s: ours %d, check_ldap %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	dir := slapd.New(t, "", "")
	code, out := checktest.CLI(t, Type(), dir.Port, "--base", people, "--scope", "one", "--filter", "(objectClass=person)", "--entries", "2:2")
	if code != 0 || !strings.HasPrefix(out, "LDAP OK - ") || !strings.Contains(out, "2 entries") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{Port: -1, Family: "x", TLS: "x", Scope: "x", Filter: "(", Expect: "a", ExpectRegexp: "(", Password: config.Secret{File: "f"}}
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "tls:", "scope:", "filter:", "attribute:", "expect_regexp: stands", "expect_regexp: error", "bind_dn:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = DefaultConfig()
	c.BindDN = "cn=x"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "password:") {
		t.Errorf("got %v: a bind without a password would always succeed", err)
	}
}

func FuzzStartTLSAnswer(f *testing.F) {
	f.Add([]byte("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Add([]byte("\x30\x84\x00\x00\x00\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		body, err := readElement(bytes.NewReader(said), tagSequence)
		if err != nil {
			return
		}
		if code, err := resultCode(body); err == nil && !bytes.Contains(said, []byte{tagEnumerated, 1, byte(code)}) && !bytes.Contains(said, []byte{1, byte(code)}) {
			t.Errorf("%x has code %d", said, code)
		}
	})
}

// A server may say anything: no panic of the client library reaches us.
func FuzzServer(f *testing.F) {
	bound := "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
	f.Add([]byte(bound))
	f.Add([]byte(bound + "\x30\x0c\x02\x01\x02\x65\x07\x0a\x01\x00\x04\x00\x04\x00"))
	f.Fuzz(func(t *testing.T, said []byte) {
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			defer theirs.Close()
			go theirs.Write(said)
			theirs.SetDeadline(time.Now().Add(20 * time.Millisecond))
			for buf := make([]byte, 4096); ; {
				if _, err := theirs.Read(buf); err != nil {
					return
				}
			}
		}()
		c, err := New(DefaultConfig(), checks.Deps{Dialer: pipe{ours}})
		if err != nil {
			t.Fatal(err)
		}
		results, err := c.Run(t.Context(), checks.Target{Address: "192.0.2.1"})
		<-done
		if err != nil || len(results) != 1 {
			t.Errorf("%v, %v", results, err)
		}
	})
}

// pipe is a dialer that has one connection.
type pipe struct{ conn net.Conn }

func (p pipe) DialContext(context.Context, string, string) (net.Conn, error) { return p.conn, nil }
