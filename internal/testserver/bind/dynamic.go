package bind

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"

	"monitord/internal/testserver/testproc"
)

// Dynamic is a named whose zone example.test can be changed by RFC 2136.
type Dynamic struct {
	*Server
	KeyName   string // may change the zone
	Reader    string // is known, and may not
	KeyFile   string // the secret of both, in base64 alone
	Dir       string // the server's folder, which also holds its key.conf
	Secondary *Server
}

// secret is what every test may know.
const secret = "bW9uaXRvcmQgdGVzdHMga25vdyB0aGlzIHNlY3JldC4="

// DynamicOptions says what the zone holds and who serves it.
type DynamicOptions struct {
	Records       []string // lines of the zone file, such as "www 60 IN A 192.0.2.1"
	WithSecondary bool     // a second named follows the first, with NOTIFY
	Listen        string   // address; empty: 127.0.0.1
	Port          int      // 0: a free one
}

// Addr is host:port of a server.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

// NewDynamic starts a named with a dynamic zone, serial 1, and waits until it
// answers; the test's end stops it.
func NewDynamic(tb testing.TB, o DynamicOptions) *Dynamic {
	tb.Helper()
	d := &Dynamic{Server: &Server{Port: o.Port}, KeyName: "monitord", Reader: "reader", Dir: testproc.Dir(tb, "")}
	if d.Port == 0 {
		d.Port = testproc.FreePort(tb)
	}
	listen := o.Listen
	if listen == "" {
		listen = "127.0.0.1"
	}
	d.KeyFile = testproc.File(tb, d.Dir, "key.secret", secret+"\n")
	testproc.File(tb, d.Dir, "key.conf", keyOf(d.KeyName))
	zone := testproc.File(tb, d.Dir, "example.test.zone", "$TTL 60\n@ IN SOA ns admin 1 60 60 600 60\n@ IN NS ns\nns IN A 127.0.0.1\n"+strings.Join(o.Records, "\n")+"\n")
	follow := "notify no;"
	secondary := &Server{Port: testproc.FreePort(tb)}
	if o.WithSecondary {
		follow = fmt.Sprintf("notify explicit; notify-delay 0; also-notify { 127.0.0.1 port %d; };", secondary.Port)
	}
	d.Process = start(tb, d.Dir, listen, d.Port, fmt.Sprintf(`%s%s
zone "example.test" { type primary; file %q; allow-update { key %q; }; %s };
`, keyOf(d.KeyName), keyOf(d.Reader), zone, d.KeyName, follow))
	d.WaitFor(testproc.Accepts(d.Port))
	if o.WithSecondary {
		secondary.Process = start(tb, testproc.Dir(tb, ""), "127.0.0.1", secondary.Port, fmt.Sprintf(
			"zone \"example.test\" { type secondary; primaries { 127.0.0.1 port %d; }; allow-notify { any; }; };\n", d.Port))
		secondary.WaitFor(testproc.Accepts(secondary.Port))
		d.Secondary = secondary
	}
	return d
}

func keyOf(name string) string {
	return fmt.Sprintf("key %q { algorithm hmac-sha256; secret %q; };\n", name, secret)
}

func start(tb testing.TB, dir, listen string, port int, zones string) *testproc.Process {
	tb.Helper()
	conf := testproc.File(tb, dir, "named.conf", fmt.Sprintf(`options {
  directory %[1]q;
  pid-file none;
  session-keyfile "%[1]s/session.key";
  lock-file none;
  listen-on port %[3]d { %[2]s; };
  listen-on-v6 { none; };
  recursion no;
  dnssec-validation no;
};
controls { };
%[4]s`, dir, listen, port, zones))
	return testproc.Start(tb, testproc.Command{Path: "/usr/sbin/named", Args: []string{"-g", "-n", "1", "-c", conf}, Dir: dir, Apt: "bind9"})
}
