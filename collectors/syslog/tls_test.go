package syslog

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// authority signs certificates for a test; its files lie in a folder.
type authority struct {
	t    *testing.T
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	a.file, _ = a.sign("ca", a.cert)
	return a
}

// issue makes a certificate for a name and returns its files.
func (a *authority) issue(name string) (cert, key string) {
	a.t.Helper()
	return a.sign(name, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		KeyUsage:    x509.KeyUsageDigitalSignature, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	})
}

func (a *authority) sign(name string, leaf *x509.Certificate) (certFile, keyFile string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.key == nil {
		a.key = key // its own
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.cert, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	write := func(file, kind string, der []byte) string {
		path := filepath.Join(a.dir, file)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			a.t.Fatal(err)
		}
		return path
	}
	return write(name+".crt", "CERTIFICATE", der), write(name+".key", "PRIVATE KEY", raw)
}

func (a *authority) config() Config {
	c := DefaultConfig()
	c.TLS.Listen, c.TLS.ClientCA = freePort(a.t, "tcp"), a.file
	c.TLS.Cert, c.TLS.Key = a.issue("localhost")
	return c
}

// client connects with a certificate, or with none when name is empty.
func (a *authority) client(address, name string) (*tls.Conn, error) {
	a.t.Helper()
	c := &tls.Config{InsecureSkipVerify: true}
	if name != "" {
		cert, key := a.issue(name)
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			a.t.Fatal(err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	conn, err := tls.Dial("tcp", address, c)
	if err == nil {
		a.t.Cleanup(func() { conn.Close() })
	}
	return conn, err
}

func TestACertificateSaysWhoseALineIs(t *testing.T) {
	a := newAuthority(t)
	c := a.config()
	c.Relays = []string{"relay.example.net"}
	s := receive(t, c)
	for _, one := range []struct {
		name, written, owner string
		known                bool
	}{
		{"db1.example.net", "web2", "db1", true},             // it cannot speak for web2
		{"stranger.example.net", "web2", "127.0.0.1", false}, // the address proves nothing then
		{"relay.example.net", "web2.example.net", "web2", true},
		{"relay.example.net", "192.0.2.7", "r1", true},
		{"relay.example.net", "nobody", "127.0.0.1", false},
	} {
		conn, err := a.client(c.TLS.Listen, one.name)
		if err != nil {
			t.Fatal(err)
		}
		before := s.count()
		send(t, conn, "<13>Nov  3 04:05:06 "+one.written+" app: x\n")
		until(t, "a line", func() bool { return s.count() > before })
		if l := s.got()[before]; l.Owner != one.owner || l.Known != one.known || !l.Authenticated {
			t.Errorf("%s writes as %s: %+v", one.name, one.written, l)
		}
	}
	if n := s.s.counts[overTLS].unknown.Load(); n != 2 {
		t.Errorf("%d of unknown hosts, want 2", n)
	}
}

func TestWhoIsNotLetInByTLS(t *testing.T) {
	a, other := newAuthority(t), newAuthority(t)
	c := a.config()
	c.TLS.Names = []string{"*.example.net"}
	s := receive(t, c, func(s *Server) { s.limits.handshake = 300 * time.Millisecond })
	refused := func(n uint64) {
		t.Helper()
		until(t, "a refusal", func() bool { return s.s.counts[overTLS].sum(metricRefused, reasonHandshake) == n })
	}
	// With TLS 1.3 a client learns of it when it reads.
	for i, dial := range []func() (*tls.Conn, error){
		func() (*tls.Conn, error) { return a.client(c.TLS.Listen, "") },
		func() (*tls.Conn, error) { return other.client(c.TLS.Listen, "web1.example.net") },
		func() (*tls.Conn, error) { return a.client(c.TLS.Listen, "web1.example.org") },
		func() (*tls.Conn, error) { return a.client(c.TLS.Listen, "a.b.example.net") },
	} {
		if conn, err := dial(); err == nil {
			closedByPeer(t, conn)
		}
		refused(uint64(i + 1))
	}
	plain := dial(t, "tcp", c.TLS.Listen)
	send(t, plain, "<13>not by TLS\n")
	closedByPeer(t, plain)
	refused(5)
	silent := dial(t, "tcp", c.TLS.Listen) // says nothing: its handshake ends in time
	closedByPeer(t, silent)
	refused(6)

	conn, err := a.client(c.TLS.Listen, "web1.example.net")
	if err != nil {
		t.Fatal(err)
	}
	send(t, conn, "<13>x: let in\n")
	if l := s.want("web1 x: let in")[0]; !l.Authenticated {
		t.Errorf("%+v", l)
	}
}

func TestOtherCertificatesAreAskedForAtAReload(t *testing.T) {
	a := newAuthority(t)
	c := a.config()
	s := receive(t, c)
	conn, err := a.client(c.TLS.Listen, "db1.example.net")
	if err != nil {
		t.Fatal(err)
	}
	send(t, conn, "<13>x: let in\n")
	s.want("db1 x: let in")
	c.TLS.Names = []string{"web1.example.net"}
	change, err := s.s.Prepare(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	change.Apply()
	closedByPeer(t, conn)
	if conn, err := a.client(c.TLS.Listen, "db1.example.net"); err == nil {
		closedByPeer(t, conn)
	}
}

func TestWithoutACertificateALineIsNotAuthenticated(t *testing.T) {
	a := newAuthority(t)
	c := a.config()
	c.TLS.ClientCert = CertOptional
	s := receive(t, c)
	conn, err := a.client(c.TLS.Listen, "")
	if err != nil {
		t.Fatal(err)
	}
	send(t, conn, "<13>Nov  3 04:05:06 web2 x: y\n")
	if l := s.want("web2 x: y")[0]; l.Authenticated || l.Owner != "web2" {
		t.Errorf("%+v", l)
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	a := newAuthority(t)
	for what, change := range map[string]func(*Config){
		"missing.crt":          func(c *Config) { c.TLS.Cert = filepath.Join(a.dir, "missing.crt") },
		"missing.pem":          func(c *Config) { c.TLS.ClientCA = filepath.Join(a.dir, "missing.pem") },
		"holds no certificate": func(c *Config) { c.TLS.ClientCA = c.TLS.Key },
	} {
		c := a.config()
		change(&c)
		_, err := New(t.Context(), c, Deps{})
		faultHas(t, err, what)
	}
}
