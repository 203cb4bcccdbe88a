package pki

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"monitord/internal/wire"
)

// clock is a clock that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func authority(t *testing.T) (*Authority, *clock) {
	t.Helper()
	c := &clock{time.Now()}
	a, err := Open(t.TempDir(), c.now)
	if err != nil {
		t.Fatal(err)
	}
	return a, c
}

func request(t *testing.T) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := newKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr, key
}

func secret(t *testing.T, a *Authority, host string, ttl time.Duration) string {
	t.Helper()
	text, err := a.NewToken(host, ttl)
	if err != nil {
		t.Fatal(err)
	}
	token, err := ParseToken(" " + text + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if token.Fingerprint != sha256.Sum256(a.ca.Raw) || token.String() != text {
		t.Fatalf("token %s reads as %+v", text, token)
	}
	return token.Secret
}

// enrol gives a client certificate for host.
func enrol(t *testing.T, a *Authority, host string) tls.Certificate {
	t.Helper()
	csr, key := request(t)
	got, err := a.Claim(secret(t, a, host, time.Hour), csr)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{got.Certificate}, PrivateKey: key}
}

// handshake connects a client with these certificates and returns what each
// side says about it.
func handshake(t *testing.T, a *Authority, certs ...tls.Certificate) (tls.ConnectionState, error) {
	t.Helper()
	c, s := net.Pipe()
	defer func() { _, _ = c.Close(), s.Close() }()
	client := tls.Client(c, &tls.Config{ServerName: wire.ServerName, RootCAs: a.pool, Time: a.now,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			if len(certs) == 0 {
				return &tls.Certificate{}, nil
			}
			return &certs[0], nil
		}})
	server := tls.Server(s, a.ServerTLS())
	var wg sync.WaitGroup
	var clientErr error
	wg.Go(func() {
		clientErr = client.HandshakeContext(context.Background())
		_, _ = client.Read(make([]byte, 1)) // takes the server's alert, or its end
	})
	err := server.HandshakeContext(context.Background())
	_ = s.Close()
	wg.Wait()
	return server.ConnectionState(), errors.Join(err, clientErr)
}

func TestATokenEnrolsAHostOnce(t *testing.T) {
	a, _ := authority(t)
	s := secret(t, a, "web1", time.Hour)
	csr, key := request(t)
	got, err := a.Claim(s, csr)
	if err != nil {
		t.Fatal(err)
	}
	if got.Host != "web1" {
		t.Errorf("host %q", got.Host)
	}
	cs, err := handshake(t, a, tls.Certificate{Certificate: [][]byte{got.Certificate}, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	if host, err := a.VerifyPeer(cs); err != nil || host != "web1" {
		t.Errorf("peer is %q, %v", host, err)
	}
	_, err = a.Claim(s, csr)
	if !errors.Is(err, ErrTokenUsed) || !strings.Contains(err.Error(), "never got its answer") {
		t.Errorf("second use: %v", err)
	}
}

func TestOfManyWhoClaimAtOnceOneWins(t *testing.T) {
	a, _ := authority(t)
	b, err := Open(a.dir, nil) // another process has the same folder
	if err != nil {
		t.Fatal(err)
	}
	s := secret(t, a, "web1", time.Hour)
	csr, _ := request(t)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		who := a
		if i%2 == 1 {
			who = b
		}
		wg.Go(func() { _, errs[i] = who.Claim(s, csr) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, ErrTokenUsed) {
			t.Errorf("loser: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won", won)
	}
}

func TestTokensThatDoNotCountAreToldApart(t *testing.T) {
	a, c := authority(t)
	csr, _ := request(t)
	old := secret(t, a, "web1", time.Minute)
	c.t = c.t.Add(time.Minute)
	if _, err := a.Claim(old, csr); !errors.Is(err, ErrTokenExpired) || !strings.Contains(err.Error(), "monitord probe add") {
		t.Errorf("expired: %v", err)
	}
	if _, err := a.Claim("nonsense", csr); !errors.Is(err, ErrTokenUnknown) {
		t.Errorf("unknown: %v", err)
	}
	good := secret(t, a, "web1", time.Minute)
	if _, err := a.Claim(good, []byte("no request")); !errors.Is(err, ErrCSR) {
		t.Errorf("bad request: %v", err)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	rsaCSR, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, weak)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Claim(good, rsaCSR); !errors.Is(err, ErrCSR) {
		t.Errorf("RSA request: %v", err)
	}
	if _, err := a.Claim(good, csr); err != nil {
		t.Errorf("the token was spent on unusable requests: %v", err)
	}
	for _, bad := range []string{"", "monitord-1.", "monitord-1.AAAA", "monitord-2." + good, good} {
		if _, err := ParseToken(bad); !errors.Is(err, ErrTokenText) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestPeersThatDoNotCountAreRefused(t *testing.T) {
	a, c := authority(t)
	other, _ := authority(t)

	if cs, err := handshake(t, a); err != nil {
		t.Errorf("a client without a certificate must reach the enrolment: %v", err)
	} else if _, err := a.VerifyPeer(cs); !errors.Is(err, ErrNoCertificate) {
		t.Errorf("no certificate: %v", err)
	}

	foreign := enrol(t, other, "web1")
	if _, err := handshake(t, a, foreign); err == nil {
		t.Error("a certificate of another CA passed the handshake")
	}
	leaf, err := x509.ParseCertificate(foreign.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.VerifyPeer(tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}); !errors.Is(err, ErrForeign) {
		t.Errorf("foreign: %v", err)
	}

	first := enrol(t, a, "web1")
	cs, err := handshake(t, a, first)
	if err != nil {
		t.Fatal(err)
	}
	enrol(t, a, "db1") // another host's enrolment changes nothing
	if host, err := a.VerifyPeer(cs); err != nil || host != "web1" {
		t.Errorf("before: %q, %v", host, err)
	}
	second := enrol(t, a, "web1")
	if _, err := a.VerifyPeer(cs); !errors.Is(err, ErrReplaced) {
		t.Errorf("the living connection of a replaced certificate: %v", err)
	}
	cs, err = handshake(t, a, second)
	if err != nil {
		t.Fatal(err)
	}
	c.t = c.t.Add(clientLife + time.Hour)
	if _, err := a.VerifyPeer(cs); !errors.Is(err, ErrExpired) {
		t.Errorf("expired on a living connection: %v", err)
	}
	// A server certificate is no probe's.
	srv, err := a.serverCertificate()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.VerifyPeer(tls.ConnectionState{PeerCertificates: []*x509.Certificate{srv.Leaf}}); !errors.Is(err, ErrForeign) {
		t.Errorf("server's own certificate as a client: %v", err)
	}
}

func TestTheServersCertificateIsRenewedWithoutARestart(t *testing.T) {
	a, c := authority(t)
	probe := enrol(t, a, "web1")
	serial := func() string {
		t.Helper()
		cs, err := handshake(t, a, probe)
		if err != nil {
			t.Fatal(err)
		}
		_ = cs
		return a.server.Leaf.SerialNumber.String()
	}
	first := serial()
	if serial() != first {
		t.Error("renewed without need")
	}
	c.t = c.t.Add(serverLife - renewBefore + time.Hour)
	second := serial()
	if second == first {
		t.Error("not renewed near its end")
	}
	b, err := Open(a.dir, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.serverCertificate(); err != nil || got.Leaf.SerialNumber.String() != second {
		t.Errorf("another process makes its own instead of taking what is there: %v", err)
	}
}

func TestManyProcessesMakeOneAuthority(t *testing.T) {
	dir := t.TempDir()
	found := make([]string, 8)
	var wg sync.WaitGroup
	for i := range found {
		wg.Go(func() {
			a, err := Open(dir, nil)
			if err == nil {
				found[i] = a.ca.SerialNumber.String()
			}
		})
	}
	wg.Wait()
	for _, f := range found {
		if f == "" || f != found[0] {
			t.Fatalf("authorities %v", found)
		}
	}
	info, err := os.Stat(filepath.Join(dir, "ca.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("ca.key: %v, %v", info, err)
	}
}

func TestProbesAreListed(t *testing.T) {
	a, _ := authority(t)
	for _, h := range []string{"web1", "db1", "東京-1", "..", "web1"} {
		enrol(t, a, h)
	}
	probes, err := a.Probes()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range probes {
		names = append(names, p.Host)
	}
	if got := strings.Join(names, " "); got != ".. db1 web1 東京-1" {
		t.Errorf("probes %q", got)
	}
	for _, bad := range []string{"", "a/b", "a b", "a\x00", strings.Repeat("x", 201), "\xff"} {
		if _, err := a.NewToken(bad, time.Hour); err == nil {
			t.Errorf("a token for %q was made", bad)
		}
	}
}

// openssl is somebody else's reading of RFC 5280.
func TestOpensslAcceptsTheChain(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts openssl")
	}
	tool, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("openssl is missing: apt-get install -y --no-install-recommends openssl")
	}
	a, _ := authority(t)
	cert := enrol(t, a, "web1")
	path := filepath.Join(t.TempDir(), "probe.crt")
	if err := os.WriteFile(path, CertPEM(cert.Certificate[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := a.serverCertificate(); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", a.path("ca.crt"), path},
		{"verify", "-x509_strict", "-purpose", "sslserver", "-verify_hostname", wire.ServerName, "-CAfile", a.path("ca.crt"), a.path("server.pem")},
	} {
		if out, err := exec.Command(tool, args...).CombinedOutput(); err != nil {
			t.Errorf("openssl %v: %v\n%s", args, err, out)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add(Token{Secret: strings.Repeat("0a", secretBytes)}.String())
	f.Add("monitord-1.AAAA")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := ParseToken(text)
		if err == nil && token.String() != strings.TrimSpace(text) {
			t.Errorf("%q reads as %q", text, token)
		}
	})
}
