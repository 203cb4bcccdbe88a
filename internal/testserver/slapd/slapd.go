// Package slapd starts a real OpenLDAP server for tests, on loopback ports, with
// its database dc=example,dc=test in a temporary folder.
package slapd

import (
	"fmt"
	"path/filepath"
	"testing"

	"monitord/internal/testserver/testproc"
)

// Server is one slapd. BindDN with Password may read everything; nobody else
// may read ou=private.
type Server struct {
	*testproc.Process
	Port     int // ldap://, 127.0.0.1 and ::1
	TLSPort  int // ldaps://, 0 without a certificate
	BindDN   string
	Password string
}

const tree = `dn: dc=example,dc=test
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: ou=people,dc=example,dc=test
objectClass: organizationalUnit
ou: people

dn: ou=private,dc=example,dc=test
objectClass: organizationalUnit
ou: private

dn: cn=anna,ou=people,dc=example,dc=test
objectClass: person
cn: anna
sn: Example
userPassword: annas-geheimnis
telephoneNumber: 1234

dn: cn=bert,ou=people,dc=example,dc=test
objectClass: person
cn: bert
sn: Example
`

// New starts slapd and waits until it accepts; certFile and keyFile (PEM) switch
// TLS on, empty ones leave it off. The test's end stops it.
func New(tb testing.TB, certFile, keyFile string) *Server {
	tb.Helper()
	dir := testproc.Dir(tb, "")
	s := &Server{Port: testproc.FreePort(tb), BindDN: "cn=admin,dc=example,dc=test", Password: "geheim"}
	urls, tls := fmt.Sprintf("ldap://127.0.0.1:%[1]d/ ldap://[::1]:%[1]d/", s.Port), ""
	if certFile != "" {
		s.TLSPort = testproc.FreePort(tb)
		urls += fmt.Sprintf(" ldaps://127.0.0.1:%d/", s.TLSPort)
		tls = fmt.Sprintf("TLSCertificateFile %s\nTLSCertificateKeyFile %s", certFile, keyFile)
	}
	testproc.File(tb, dir, "db/empty", "")
	conf := testproc.File(tb, dir, "slapd.conf", fmt.Sprintf(`include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile %[1]s/pid
%[2]s
database mdb
maxsize 10485760
suffix "dc=example,dc=test"
rootdn "%[3]s"
rootpw %[4]s
directory %[1]s/db
access to attrs=userPassword by * auth
access to dn.subtree="ou=private,dc=example,dc=test" by * none
access to * by * read
`, dir, tls, s.BindDN, s.Password))
	testproc.Run(tb, testproc.Command{Path: "/usr/sbin/slapadd", Args: []string{"-f", conf, "-l", testproc.File(tb, dir, "tree.ldif", tree)}, Dir: dir, Apt: "slapd"})
	s.Process = testproc.Start(tb, testproc.Command{Path: "/usr/sbin/slapd", Args: []string{"-d", "0", "-f", filepath.Join(dir, "slapd.conf"), "-h", urls}, Dir: dir, Apt: "slapd"})
	s.WaitFor(testproc.Accepts(s.Port))
	return s
}
