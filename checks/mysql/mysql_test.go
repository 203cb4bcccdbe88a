package mysql

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/checks"
	"monitord/checks/internal/checktest"
	"monitord/checks/internal/sqlanswer"
	"monitord/internal/config"
	"monitord/internal/testnginx"
	"monitord/internal/testserver/mariadb"
	"monitord/internal/testserver/testproc"
)

// A driver that panics on a hostile answer leaves its watcher behind, which
// nobody else can end; the check itself starts no goroutine.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1"))
}

const (
	ok       = checks.OK
	critical = checks.Critical
	question = "select data from checktbl where id=1"
)

func limit(end float64) *checks.Threshold { return &checks.Threshold{Range: checks.Range{End: end}} }

func TestEachServerGetsItsReasonAndPhase(t *testing.T) {
	cert := testnginx.NewCert(t, 24*time.Hour)
	db := mariadb.New(t, mariadb.Options{CertFile: cert.CertFile, KeyFile: cert.KeyFile})
	db.SQL("create database shop; use shop; create table checktbl (id int, data text); insert into checktbl values (1, 'OK'), (2, '42'), (3, NULL)")
	secret, wrong := checktest.Secret(t, db.Password), checktest.Secret(t, "falsch")
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
				c.Query, c.Expect, c.ValueCritical = "select count(*) from checktbl", "", limit(3)
			}, ok, "", "query"},
			{"value beyond", "127.0.0.1", db.Port, func(c *Config) {
				c.Query, c.Expect, c.ValueCritical = "select count(*) from checktbl", "", limit(2)
			}, critical, checks.ReasonThreshold, "query"},
			{"very many rows", "127.0.0.1", db.Port, func(c *Config) { c.Query, c.Expect = "select seq from seq_1_to_5000", "1" }, ok, "", "query"},
			{"very many bytes", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select repeat('x', 100000) from seq_1_to_100" }, critical, checks.ReasonProtocol, "query"},
			{"it would write", "127.0.0.1", db.Port, func(c *Config) { c.Query = "delete from checktbl" }, critical, checks.ReasonStatus, "query"},
			{"bad question", "127.0.0.1", db.Port, func(c *Config) { c.Query = "selekt 1" }, critical, checks.ReasonStatus, "query"},
			{"it hangs", "127.0.0.1", db.Port, func(c *Config) { c.Query = "select sleep(60) from checktbl" }, critical, checks.ReasonTimeout, "query"},
			{"no such database", "127.0.0.1", db.Port, func(c *Config) { c.Database = "nosuch" }, critical, checks.ReasonStatus, "login"},
			{"wrong password", "127.0.0.1", db.Port, func(c *Config) { c.Password = wrong }, critical, checks.ReasonAuth, "login"},
			{"wrong password over TLS", "127.0.0.1", db.Port, func(c *Config) { tls(c); c.Password = wrong }, critical, checks.ReasonAuth, "login"},
			{"no password", "127.0.0.1", db.Port, func(c *Config) { c.Password = config.Secret{} }, critical, checks.ReasonAuth, "login"},
			{"no such user", "127.0.0.1", db.Port, func(c *Config) { c.Username = "nosuch" }, critical, checks.ReasonAuth, "login"},
			{"too slow", "127.0.0.1", db.Port, func(c *Config) { c.Critical = limit(1e-9) }, critical, checks.ReasonThreshold, "query"},
			{"no replica", "127.0.0.1", db.Port, func(c *Config) { c.Expect, c.Replication = "", true }, critical, checks.ReasonContent, "query"},
			{"no such name", "nosuch.invalid", db.Port, nil, critical, checks.ReasonDNS, "dns"},
			{"stopped", "127.0.0.1", testproc.FreePort(t), nil, critical, checks.ReasonConnect, "connect"},
			{"silent", "127.0.0.1", testnginx.Bad(t, testnginx.Silent), nil, critical, checks.ReasonTimeout, "greeting"},
			{"closes at once", "127.0.0.1", testnginx.Bad(t, testnginx.Closing), nil, critical, checks.ReasonProtocol, "greeting"},
			{"wrong banner", "127.0.0.1", testnginx.Bad(t, testnginx.Says("220 mail ESMTP\r\n")), nil, critical, checks.ReasonProtocol, "greeting"},
			{"a byte at a time", "127.0.0.1", testnginx.Bad(t, testnginx.Trickle("\xff\x00\x00\x00\x0a", 100*time.Millisecond)), nil, critical, checks.ReasonTimeout, "greeting"},
			{"endless", "127.0.0.1", testnginx.Bad(t, testnginx.Endless("")), nil, critical, checks.ReasonProtocol, "greeting"},
			{"full", "127.0.0.1", testnginx.Bad(t, testnginx.Says("\x17\x00\x00\x00\xff\x10\x04Too many connections")), nil, critical, checks.ReasonStatus, "greeting"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				if tt.reason == checks.ReasonTimeout {
					t.Parallel()
				}
				cfg := DefaultConfig()
				cfg.Port, cfg.Password, cfg.Database, cfg.Query, cfg.Expect = tt.port, secret, "shop", question, "OK"
				if tt.change != nil {
					tt.change(&cfg)
				}
				r := checktest.Run(t, Type(), &cfg, tt.address, checktest.Medium)
				checktest.Want(t, r, tt.state, tt.reason, tt.phase)
				if s := checktest.Say(r) + string(r.Evidence); strings.Contains(s, db.Password) || strings.Contains(s, "falsch") {
					t.Errorf("a password is shown: %s", s)
				}
			})
		}
	})
	if got := db.SQL("select count(*) from information_schema.processlist where info like 'select sleep(60)%'"); strings.TrimSpace(got) != "0" {
		t.Errorf("%s questions still hang on the server", got)
	}
	t.Run("no TLS", func(t *testing.T) {
		cfg := DefaultConfig()
		cfg.Port, cfg.Password, cfg.TLS, cfg.Verify = tlsLess(t), secret, true, false
		checktest.Want(t, checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium), critical, checks.ReasonTLS, "greeting")
	})
}

// tlsLess greets as MariaDB does, without the capability to speak TLS.
func tlsLess(t *testing.T) int {
	body := "\x0a5.5.5-10.11.6-MariaDB\x00\x01\x00\x00\x0012345678\x00\x00\xf7\x08\x02\x00\x00\x00\x15" + strings.Repeat("\x00", 10) + "123456789012\x00mysql_native_password\x00"
	return testnginx.Bad(t, testnginx.Says(string([]byte{byte(len(body)), 0, 0, 0})+body))
}

func TestAReplicaIsFollowed(t *testing.T) {
	primary, replica := mariadb.New(t, mariadb.Options{ID: 1}), mariadb.New(t, mariadb.Options{ID: 2})
	replica.SQL(fmt.Sprintf("change master to master_host='127.0.0.1', master_port=%d, master_user='monitord', master_password='%s', master_connect_retry=1, master_ssl=0, master_ssl_verify_server_cert=0, master_use_gtid=no, master_log_file='log.000001', master_log_pos=4", primary.Port, primary.Password))
	cfg := DefaultConfig()
	cfg.Port, cfg.Password, cfg.Replication, cfg.LagCritical = replica.Port, checktest.Secret(t, primary.Password), true, limit(60)
	checktest.Want(t, checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium), critical, checks.ReasonContent, "query")
	replica.SQL("start slave")
	var r checks.Result
	replica.WaitFor(func() error { // it connects in its own time
		if r = checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium); r.State != ok {
			return errors.New(checktest.Say(r) + string(r.Evidence))
		}
		return nil
	})
	if lag := checktest.Perf(t, r, "lag"); lag < 0 || lag > 60 {
		t.Errorf("lag %v", lag)
	}
}

func TestTheLagIsRead(t *testing.T) {
	row := func(columns string, v ...string) sqlanswer.Rows {
		return sqlanswer.Rows{Columns: strings.Fields(columns), Rows: [][]string{v}}
	}
	const old, now = "Slave_IO_Running Slave_SQL_Running Seconds_Behind_Master", "Replica_IO_Running Replica_SQL_Running Seconds_Behind_Source"
	for _, names := range []string{old, now} {
		if lag, err := replicaLag(row(names, "Yes", "Yes", "7"), "h"); err != nil || lag != 7*time.Second {
			t.Errorf("%s: got %s, %v", names, lag, err)
		}
		for _, bad := range []sqlanswer.Rows{row(names, "No", "Yes", "NULL"), row(names, "Yes", "No", "NULL"), row(names, "Connecting", "Yes", "NULL")} {
			if _, err := replicaLag(bad, "h"); err == nil {
				t.Errorf("%v is taken", bad)
			}
		}
	}
}

func TestVerdictsAreThoseOfCheckMySQLQuery(t *testing.T) {
	db := mariadb.New(t, mariadb.Options{})
	for name, tt := range map[string]struct {
		port            int
		password, query string
		critical        string
	}{
		"healthy": {db.Port, db.Password, "select 5", "10"}, "beyond": {db.Port, db.Password, "select 15", "10"},
		"stopped": {testproc.FreePort(t), db.Password, "select 5", "10"}, "wrong password": {db.Port, "falsch", "select 5", "10"},
		"bad question": {db.Port, db.Password, "selekt", "10"},
	} {
		code, out := checktest.Plugin(t, "check_mysql_query", "-H", "127.0.0.1", "-P", strconv.Itoa(tt.port), "-u", "monitord", "-d", "mysql", "-p", tt.password, "-q", tt.query, "-c", tt.critical)
		cfg := DefaultConfig()
		cfg.Port, cfg.Password, cfg.Query, cfg.ValueCritical = tt.port, checktest.Secret(t, tt.password), tt.query, limit(10)
		if ours := checktest.Run(t, Type(), &cfg, "127.0.0.1", checktest.Medium).State.ExitCode(); ours != code {
			t.Errorf("%s: ours %d, check_mysql_query %d %s", name, ours, code, out)
		}
	}
}

func TestItRunsOnTheCommandLine(t *testing.T) {
	db := mariadb.New(t, mariadb.Options{})
	code, out := checktest.CLI(t, Type(), db.Port, "--password-file", checktest.Secret(t, db.Password).File, "--query", "select 'OK'", "--expect", "OK")
	if code != 0 || !strings.HasPrefix(out, "MYSQL OK - ") {
		t.Errorf("code %d, %s", code, out)
	}
}

func TestFaultsAreReportedAllAtOnce(t *testing.T) {
	c := Config{sqlanswer.Options{Family: "x", Expect: "a", ExpectRegexp: "(", LagWarning: limit(1)}}
	err := c.Validate()
	for _, want := range []string{"port:", "family:", "username:", "query:", "expect_regexp: stands", "expect_regexp: error", "replication: is off"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

func FuzzGreeting(f *testing.F) {
	f.Add([]byte("\x17\x00\x00\x00\xff\x10\x04Too many connections"))
	f.Add([]byte("220 mail ESMTP"))
	f.Add([]byte("\x02\x00\x00\x00\xff0"))
	f.Fuzz(func(t *testing.T, said []byte) {
		packet, err := readGreeting(bytes.NewReader(said))
		if err == nil && (!bytes.HasPrefix(said, packet) || packet[headSize] != 10 && packet[headSize] != 0xff) {
			t.Errorf("%q is taken for a greeting", packet)
		}
	})
}

// A server may say anything: no panic, whatever the driver makes of it.
func FuzzServer(f *testing.F) {
	greeting := "\x5d\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB\x00\x01\x00\x00\x0012345678\x00\xff\xf7\x08\x02\x00\xff\x81\x15" + strings.Repeat("\x00", 10) + "123456789012\x00mysql_native_password\x00"
	okay := "\x07\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00"
	f.Add([]byte(greeting))
	f.Add([]byte(greeting + okay + okay + okay))
	f.Add([]byte("\x17\x00\x00\x00\xff\x10\x04Too many connections"))
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
