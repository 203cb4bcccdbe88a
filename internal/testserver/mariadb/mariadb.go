// Package mariadb starts a real MariaDB server for tests, on a loopback port,
// with its data in a temporary folder; as the user mysql when the test runs as
// root, which the server refuses.
package mariadb

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"monitord/internal/testserver/testproc"
)

const (
	osUser = "mysql"
	apt    = "mariadb-server"
)

// Server is one server. Over TCP the user monitord with Password may do
// everything in every database.
type Server struct {
	*testproc.Process
	Port     int
	Password string

	tb  testing.TB
	dir string
}

// Options change the server.
type Options struct {
	CertFile, KeyFile string // PEM; they switch TLS on
	ID                int    // server-id; with one it writes a binary log
}

// New makes a data folder, starts the server, and waits until it accepts; the
// test's end stops it.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := &Server{Port: testproc.FreePort(tb), Password: "geheim", tb: tb, dir: testproc.Dir(tb, osUser)}
	data := filepath.Join(s.dir, "data")
	testproc.Run(tb, testproc.Command{
		Path: "mariadb-install-db", Apt: apt, User: osUser, Dir: s.dir,
		Args: []string{"--no-defaults", "--datadir=" + data, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"},
	})
	users := testproc.File(tb, s.dir, "init.sql", "CREATE USER IF NOT EXISTS monitord@'%' IDENTIFIED BY '"+s.Password+"';\nGRANT ALL ON *.* TO monitord@'%' WITH GRANT OPTION;\n")
	args := []string{
		"--no-defaults", "--datadir=" + data, "--socket=" + s.socket(), "--pid-file=" + filepath.Join(s.dir, "pid"),
		"--bind-address=127.0.0.1,::1", "--port=" + strconv.Itoa(s.Port), "--init-file=" + users, "--skip-name-resolve",
		"--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=16M", "--innodb-log-file-size=8M",
	}
	if o.CertFile != "" {
		args = append(args, "--ssl-cert="+s.copyOf(o.CertFile), "--ssl-key="+s.copyOf(o.KeyFile))
	}
	if o.ID != 0 {
		args = append(args, "--server-id="+strconv.Itoa(o.ID), "--log-bin="+filepath.Join(data, "log"))
	}
	s.Process = testproc.Start(tb, testproc.Command{Path: "/usr/sbin/mariadbd", Args: args, User: osUser, Dir: s.dir, Apt: apt})
	s.WaitFor(testproc.Accepts(s.Port))
	s.WaitFor(func() error { // its socket comes after its port
		conn, err := net.Dial("unix", s.socket())
		if err == nil {
			conn.Close()
		}
		return err
	})
	return s
}

func (s *Server) socket() string { return filepath.Join(s.dir, "s") }

func (s *Server) copyOf(path string) string { return testproc.CopyFor(s.tb, osUser, path, s.dir) }

// SQL runs statements as the superuser and returns what the client prints.
func (s *Server) SQL(statements string) string {
	s.tb.Helper()
	return testproc.Run(s.tb, testproc.Command{
		Path: "mariadb", Args: []string{"--no-defaults", "--socket=" + s.socket(), "-u", "root", "-N", "-B", "-e", statements}, User: osUser, Dir: s.dir, Apt: apt,
	})
}
