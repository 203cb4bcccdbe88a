// Package postgres starts a real PostgreSQL server for tests, on a loopback
// port, with its cluster in a temporary folder; as the user postgres when the
// test runs as root, which the server refuses.
package postgres

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"monitord/internal/testserver/testproc"
)

const (
	osUser = "postgres"
	apt    = "postgresql"
)

// Server is one server. Its superuser is postgres, with Password; over TCP it
// wants SCRAM.
type Server struct {
	*testproc.Process
	Port     int
	Password string

	tb  testing.TB
	bin string
	dir string
}

// Options change the server.
type Options struct {
	CertFile, KeyFile string  // PEM; they switch TLS on
	Primary           *Server // makes it this server's standby
}

// New makes a cluster, starts it, and waits until it answers; the test's end
// stops it.
func New(tb testing.TB, o Options) *Server {
	tb.Helper()
	s := &Server{Port: testproc.FreePort(tb), Password: "geheim", tb: tb, bin: binaries(tb), dir: testproc.Dir(tb, osUser)}
	if o.Primary == nil {
		file := testproc.File(tb, s.dir, "password", s.Password)
		s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "scram-sha-256", "--pwfile", file, "-E", "UTF8", "--no-locale", "--no-sync")
	} else {
		s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "--no-sync", "-c", "fast", "-d",
			fmt.Sprintf("host=127.0.0.1 port=%d user=postgres password=%s", o.Primary.Port, o.Primary.Password))
	}
	testproc.Own(tb, osUser, s.dir)
	args := []string{
		"-D", s.data(), "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1,::1", "-c", "unix_socket_directories=" + s.dir,
		"-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=20", "-c", "wal_level=replica",
	}
	if o.CertFile != "" {
		args = append(args, "-c", "ssl=on", "-c", "ssl_cert_file="+s.copyOf(o.CertFile), "-c", "ssl_key_file="+s.copyOf(o.KeyFile))
	}
	s.Process = testproc.Start(tb, testproc.Command{Path: filepath.Join(s.bin, "postgres"), Args: args, User: osUser, Dir: s.dir, Apt: apt})
	s.WaitFor(func() error { return s.ready() })
	return s
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// binaries is the folder of the newest version.
func binaries(tb testing.TB) string {
	tb.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if len(found) == 0 {
		tb.Fatal("PostgreSQL is missing: apt-get install -y --no-install-recommends " + apt)
	}
	return slices.Max(found)
}

func (s *Server) run(name string, args ...string) string {
	s.tb.Helper()
	return testproc.Run(s.tb, testproc.Command{
		Path: filepath.Join(s.bin, name), Args: args, User: osUser, Dir: s.dir,
		Env: []string{"PGPASSWORD=" + s.Password}, Apt: apt,
	})
}

func (s *Server) copyOf(path string) string { return testproc.CopyFor(s.tb, osUser, path, s.dir) }

func (s *Server) ready() error {
	if err := testproc.Accepts(s.Port)(); err != nil {
		return err
	}
	// pid file's last line says "ready" once the server takes questions.
	b, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	if !bytes.Contains(b, []byte("ready")) && !bytes.Contains(b, []byte("standby ")) {
		return fmt.Errorf("not ready: %s", b)
	}
	return nil
}

// SQL runs statements as the superuser and returns what psql prints.
func (s *Server) SQL(statements string) string {
	s.tb.Helper()
	return s.run("psql", "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port), "-U", "postgres", "-X", "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statements)
}
