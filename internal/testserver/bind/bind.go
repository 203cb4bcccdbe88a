// Package bind starts a real named (BIND 9) for tests: one zone, example.test,
// on a loopback port, over IPv4 and IPv6, with its files in a temporary folder.
package bind

import (
	"fmt"
	"strings"
	"testing"

	"monitord/internal/testserver/testproc"
)

// Server is one named.
type Server struct {
	*testproc.Process
	Port int
}

// New starts named with serial as the SOA serial of example.test and waits
// until it answers; the test's end stops it.
func New(tb testing.TB, serial int) *Server {
	tb.Helper()
	dir := testproc.Dir(tb, "")
	port := testproc.FreePort(tb)
	zone := testproc.File(tb, dir, "example.test.zone", fmt.Sprintf(`$TTL 60
@ IN SOA ns.example.test. admin.example.test. %d 60 60 600 60
@ IN NS ns
@ IN MX 10 mail
ns IN A 127.0.0.1
www IN A 192.0.2.1
www IN A 192.0.2.2
www IN AAAA 2001:db8::1
alias IN CNAME www
mail IN A 192.0.2.25
word IN TXT "v=spf1 -all"
big IN TXT %s
`, serial, strings.Repeat(`"`+strings.Repeat("x", 200)+`" `, 10)))
	conf := testproc.File(tb, dir, "named.conf", fmt.Sprintf(`options {
  directory %[1]q;
  pid-file none;
  session-keyfile "%[1]s/session.key";
  lock-file none;
  listen-on port %[2]d { 127.0.0.1; };
  listen-on-v6 port %[2]d { ::1; };
  recursion no;
  dnssec-validation no;
};
controls { };
zone "example.test" { type primary; file %[3]q; };
`, dir, port, zone))
	s := &Server{Port: port}
	s.Process = testproc.Start(tb, testproc.Command{Path: "/usr/sbin/named", Args: []string{"-g", "-n", "1", "-c", conf}, Dir: dir, Apt: "bind9"})
	s.WaitFor(testproc.Accepts(port))
	return s
}
