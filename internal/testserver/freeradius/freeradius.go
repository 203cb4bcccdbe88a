// Package freeradius starts a real FreeRADIUS server for tests, on a loopback
// port over IPv4 and IPv6, with one user in a file.
package freeradius

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"monitord/internal/testserver/testproc"
)

// Server is one server. It knows User by Password; its clients are this machine
// with Secret.
type Server struct {
	*testproc.Process
	Port                   int
	User, Password, Secret string
}

// New starts freeradius and waits until it is ready; the test's end stops it.
func New(tb testing.TB) *Server {
	tb.Helper()
	dir := testproc.Dir(tb, "")
	s := &Server{Port: testproc.FreePort(tb), User: "anna", Password: "annas-geheimnis", Secret: "testing-geheim"}
	users := testproc.File(tb, dir, "users", fmt.Sprintf("%s Cleartext-Password := %q\n  Reply-Message := \"welcome\"\n", s.User, s.Password))
	testproc.File(tb, dir, "dictionary", "")
	testproc.File(tb, dir, "radiusd.conf", fmt.Sprintf(`prefix = /usr
libdir = /usr/lib/freeradius
logdir = %[1]s
run_dir = %[1]s
pidfile = %[1]s/pid
name = radiusd
max_request_time = 5
proxy_requests = no
security {
  max_attributes = 200
  reject_delay = 0
  status_server = no
}
client four {
  ipaddr = 127.0.0.1
  secret = %[2]s
}
client six {
  ipv6addr = ::1
  secret = %[2]s
}
thread pool {
  start_servers = 1
  max_servers = 2
  min_spare_servers = 1
  max_spare_servers = 1
  max_requests_per_server = 0
}
modules {
  pap { }
  files {
    filename = %[3]s
  }
}
server default {
  listen {
    type = auth
    ipaddr = 127.0.0.1
    port = %[4]d
  }
  listen {
    type = auth
    ipv6addr = ::1
    port = %[4]d
  }
  authorize {
    files
    pap
  }
  authenticate {
    Auth-Type PAP {
      pap
    }
  }
}
`, dir, s.Secret, users, s.Port))
	s.Process = testproc.Start(tb, testproc.Command{Path: "/usr/sbin/freeradius", Args: []string{"-f", "-x", "-l", "stdout", "-d", dir, "-n", "radiusd"}, Dir: dir, Apt: "freeradius"})
	s.WaitFor(func() error {
		if !strings.Contains(s.Output(), "Ready to process requests") {
			return errors.New("it has not said that it is ready")
		}
		return nil
	})
	return s
}
