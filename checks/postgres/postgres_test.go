package postgres

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/config"
	"monitord/internal/testnginx"
	server "monitord/internal/testserver/postgres"
	"monitord/internal/testserver/testproc"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok       = checks.OK
	critical = checks.Critical
	question = "select data from checktbl where id=1"
)

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	cert := testnginx.NewCert(t, 24*time.Hour)
	db := server.New(t, server.Options{CertFile: cert.CertFile, KeyFile: cert.KeyFile})
	db.SQL("create table checktbl (id int, data text); insert into checktbl values (1, 'OK'), (2, '42'), (3, NULL)")
	secret, wrong := checktest.Secret(t, db.Password), checktest.Secret(t, "falsch")
	nginx := testnginx.New(t, testnginx.Options{})
	tls := func(c *Config) { c.TLS, c.CAFile = true, cert.CertFile }
	t.Run("each", func(t *testing.T) { // until those that wait have ended
		for _, tt := range []struct {
			name, address string
			port          int
			change        func(*Config)
			state         checks.State
			reason        checks.Reason
			phase         string
		}{
			{"healthy", "127.0.0.1", db.Port, nil, ok, "", "query"},
			{"healthy over IPv6", "::1", db.Port, nil, ok, "", "query"},
			{"healthy by name", "localhost", db.Port, func(c *Config) { c.Family = "ip4" }, ok, "", "query"},
			{"healthy over TLS", "127.0.0.1", db.Port, tls, ok, "", "query"},
			{"unknown authority", "127.0.0.1", db.Port, func(c *Config) { c.TLS = true }, critical, checks.ReasonTLS, "tls"},
			{"another name", "127.0.0.1", db.Port, func(c *Config) { tls(c); c.ServerName = "db.example.com" }, critical, checks.ReasonTLS, "tls"},
			{"not verified", "127.0.0.1", db.Port, func(c *Config) { c.TLS, c.Verify = true, false }, ok, "", "query"},
			{"another answer", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select data from checktbl where id=2" }, critical, checks.ReasonContent, "query"},
			{"no row", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select data from checktbl where id=9" }, critical, checks.ReasonContent, "query"},
			{"null", "127.0.0.1", db.Port, func(c *Config) { c.Query, c.Expect = "select data from checktbl where id=3", "NULL" }, ok, "", "query"},
			{"value within", "127.0.0.1", db.Port, func(c *Config) {
				c.Query, c.Expect, c.ValueCritical = "select data from checktbl where id=2", "", limit(50)
			}, ok, "", "query"},
			{"value beyond", "127.0.0.1", db.Port, func(c *Config) {
				c.Query, c.Expect, c.ValueCritical = "select data from checktbl where id=2", "", limit(41)
			}, critical, checks.ReasonThreshold, "query"},
			{"very many rows", "127.0.0.1", db.Port, func(c *Config) { c.Query, c.Expect = "select generate_series(1, 5000)", "1" }, ok, "", "query"},
			{"very many bytes", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select repeat('x', 100000) from generate_series(1, 100)" }, critical, checks.ReasonProtocol, "query"},
			{"it would write", "127.0.0.1", db.Port, func(c *Config) { c.Query = "delete from checktbl returning data" }, critical, checks.ReasonStatus, "query"},
			{"bad question", "127.0.0.1", db.Port, func(c *Config) { c.Query = "selekt 1" }, critical, checks.ReasonStatus, "query"},
			{"it hangs", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select pg_sleep(60)" }, critical, checks.ReasonTimeout, "query"},
			{"no such database", "127.0.0.1", db.Port, func(c *Config) { c.Database = "nosuch" }, critical, checks.ReasonStatus, "login"},
			{"wrong password", "127.0.0.1", db.Port, func(c *Config) { c.Password = wrong }, critical, checks.ReasonAuth, "login"},
			{"no password", "127.0.0.1", db.Port, func(c *Config) { c.Password = config.Secret{} }, critical, "", "login"},
			{"no such user", "127.0.0.1", db.Port, func(c *Config) { c.Username = "nosuch" }, critical, checks.ReasonAuth, "login"},
			{"too slow", "127.0.0.1", db.Port, func(c *Config) { c.Critical = limit(1e-9) }, critical, checks.ReasonThreshold, "query"},
			{"no standby", "127.0.0.1", db.Port, func(c *Config) { c.Expect, c.Replication = "", true }, critical, checks.ReasonContent, "query"},
			{"no such name", "nosuch.invalid", db.Port, nil, critical, checks.ReasonDNS, "dns"},
			{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "connect"},
			{"silent", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), nil, critical, checks.ReasonTimeout, "login"},
			{"silent where TLS should be", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), tls, critical, checks.ReasonTimeout, "tls"},
			{"no TLS", "127.0.0.1", testnginx.Bad(t, testnginx.Says("N")), tls, critical, checks.ReasonTLS, "tls"},
			{"wrong protocol", "127.0.0.1", nginx.Port, nil, critical, checks.ReasonProtocol, "login"},
			{"wrong banner", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), nil, critical, checks.ReasonProtocol, "login"},
			{"wrong banner where TLS should be", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail\r\n")), tls, critical, checks.ReasonProtocol, "tls"},
			{"a byte at a time", "127.0.0.1", testnginx.Bad(t, testnginx.Trickle("R\x00\x00\x00\xff", 100*time.Millisecond)), nil, critical, checks.ReasonTimeout, "login"},
			{"endless", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("")), nil, critical, checks.ReasonProtocol, "login"},
			{"endless notices", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("N\x00\x00\x00\x05\x00")), nil, critical, checks.ReasonProtocol, "login"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				if tt.reason == checks.ReasonTimeout {
					t.Parallel()
				}
				cfg := DefaultConfig()
				cfg.Port, cfg.Username, cfg.Password, cfg.Query, cfg.Expect = tt.port, "postgres", secret, question, "OK"
				if tt.change != nil {
					tt.change(&cfg)
				}
				r := checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium)
				if tt.name == "no password" { // pgconn says so itself
					tt.reason = checks.ReasonAuth
				}
				checktest.Want(t, r, tt.state, tt.reason, tt.phase)
				if s := checktest.Say(r) + string(r.Evidence); strings.Contains(s, db.Password) || strings.Contains(s, "falsch") {
					t.Errorf("a password is shown: %s", s)
				}
			})
		}
	})
	if got := db.SQL("select count(*) from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()"); strings.TrimSpace(got) != "0" {
		t.Errorf("%s questions still hang on the server", got)
	}
}

func limit(end float64) *checks.Threshold { return &checks.Threshold{Range: checks.Range{End: end}} }

func TestAStandbyIsFollowed(t *testing.T) {
	primary := server.New(t, server.Options{})
	standby := server.New(t, server.Options{Primary: primary})
	cfg := DefaultConfig()
	cfg.Port, cfg.Username, cfg.Password, cfg.Replication, cfg.LagCritical = standby.Port, "postgres", checktest.Secret(t, primary.Password), true, limit(60)
	var r checks.Result
	standby.WaitFor(func() error { // the receiver starts after the server
		if r = checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium); r.State != ok {
			return &net.AddrError{Err: checktest.Say(r)}
		}
		return nil
	})
	if lag := checktest.Perf(t, r, "lag"); lag < 0 || lag > 60 {
		t.Errorf("lag %v", lag)
	}
	primary.Stop()
	standby.WaitFor(func() error {
		if r = checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium); r.State == ok {
			return &net.AddrError{Err: "still streams"}
		}
		return nil
	})
	checktest.Want(t, r, critical, checks.ReasonContent, "query")
}

func TestTheLagIsRead(t *testing.T) {
	row := func(v ...string) sqlanswer.Rows {
		return sqlanswer.Rows{Columns: []string{"standby", "receivers", "lag"}, Rows: [][]string{v}}
	}
	if lag, err := standbyLag(row("t", "1", "12.5"), "h"); err != nil || lag != 12500*time.Millisecond {
		t.Errorf("got %s, %v", lag, err)
	}
	for _, bad := range []sqlanswer.Rows{row("f", "0", "0"), row("t", "0", "1"), row("t", "1", "x"), {}} {
		if _, err := standbyLag(bad, "h"); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestVerdictsAreThoseOfCheckPgsql(t *testing.T) {
	db := server.New(t, server.Options{})
	for name, tt := range map[string]struct {
		port     int
		password string
	}{
		"healthy": {db.Port, db.Password}, "stopped": {testproc.FreePort(t), db.Password}, "wrong password": {db.Port, "falsch"},
	} {
		code, out := checktest.Plugin(t, "check_pgsql", "-H", "127.0.0.1", "-P", strconv.Itoa(tt.port), "-l", "postgres", "-d", "postgres", "-p", tt.password, "-q", "SELECT 1", "-t", "5")
		cfg := DefaultConfig()
		cfg.Port, cfg.Username, cfg.Password = tt.port, "postgres", checktest.Secret(t, tt.password)
		if ours := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium).State.ExitCode(); ours != code {
			t.Errorf("%s: ours %d, check_pgsql %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLineWhateverTheEnvironment(t *testing.T) {
	db := server.New(t, server.Options{})
	for name, value := range map[string]string{"PGPASSWORD": "falsch", "PGSSLMODE": "verify-full", "PGPASSFILE": "/nosuch", "PGUSER": "nosuch", "PGTARGETSESSIONATTRS": "standby", "PGREQUIREAUTH": "none"} {
		t.Setenv(name, value)
	}
	code, out := checktest.CLI(t, Type(), db.Port, "--username", "postgres", "--password-file", checktest.Secret(t, db.Password).File, "--query", "select 'OK'", "--expect", "OK")
	if code != 0 || !strings.HasPrefix(out, "POSTGRES OK - ") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{sqlanswer.Options{Family: "x", Expect: "a", ExpectRegexp: "(", LagWarning: limit(1)}}
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "username:", "database:", "query:", "expect_regexp: stands", "expect_regexp: error", "replication: is off"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
	c = DefaultConfig()
	c.Replication, c.Expect = true, "OK"
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "replication: asks") {
		t.Errorf("got %v", err)
	}
}

// A server may say anything after the greeting: no panic, no endless memory.
func FuzzServer(f *testing.F) {
	ready, _ := (&pgproto3.ReadyForQuery{TxStatus: 'I'}).Encode([]byte("R\x00\x00\x00\x08\x00\x00\x00\x00"))
	row, _ := (&pgproto3.DataRow{Values: [][]byte{[]byte("OK"), nil}}).Encode(nil)
	f.Add(ready)
	f.Add(append(bytes.Clone(ready), row...))
	f.Add([]byte("E\x00\x00\x00\x10SFATAL\x00C28P01\x00\x00"))
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
