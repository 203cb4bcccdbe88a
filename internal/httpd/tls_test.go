package httpd

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"monitord/internal/text"
)

// authority signs certificates for the tests.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test CA"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return authority{cert, key}
}

// issue writes NAME.crt and NAME.key into dir.
func (a authority) issue(t *testing.T, dir, name string) (certFile, keyFile string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certFile, keyFile = filepath.Join(dir, name+".crt"), filepath.Join(dir, name+".key")
	for file, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "EC PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return certFile, keyFile
}

func (a authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// startTLS runs a server on every address, as an operator would.
func startTLS(t *testing.T, ca authority, dir string, l *limits) string {
	cert, key := ca.issue(t, dir, "server")
	cfg := &Config{Listen: "0.0.0.0:0", Auth: AuthAlways, TLS: TLSConfig{cert, key}}
	ln, err := Listen(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	tlsConfig, err := ServerTLS(cfg, ca.pool())
	if err != nil {
		t.Fatal(err)
	}
	auth := NewAuth(cfg, ln.Addr(), Deps{
		Logger: quiet(), Now: time.Now, Text: text.Default(), Sessions: NewSessions(),
		ClientUser: func(c *x509.Certificate) (string, bool) {
			return c.Subject.CommonName, strings.HasPrefix(c.Subject.CommonName, "person-")
		},
	})
	srv := NewServer(ln, tlsConfig, auth.Wrap(testPages()), quiet())
	if l != nil {
		srv.limits = *l
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- srv.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "127.0.0.1:" + ln.Addr().String()[strings.LastIndexByte(ln.Addr().String(), ':')+1:]
}

func (a authority) client(t *testing.T, http2 bool, certFile, keyFile string) *http.Client {
	conf := &tls.Config{RootCAs: a.pool()}
	if certFile != "" {
		pair, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			t.Fatal(err)
		}
		conf.Certificates = []tls.Certificate{pair}
	}
	tr := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: http2}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}
}

func TestAClientCertificateIsAnIdentityOnlyWhenItIsAPersons(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	addr := startTLS(t, ca, dir, nil)
	for name, want := range map[string]int{"": 401, "probe-web1": 401, "person-alice": 200} {
		var cert, key string
		if name != "" {
			cert, key = ca.issue(t, dir, name)
		}
		resp, err := ca.client(t, true, cert, key).Get("https://" + addr + "/")
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != want || want == 200 && !strings.HasPrefix(string(body), "user=person-alice via=certificate") {
			t.Errorf("%q: %d %s", name, resp.StatusCode, body)
		}
		if resp.Header.Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS")
		}
	}
	stranger := newAuthority(t)
	cert, key := stranger.issue(t, t.TempDir(), "person-mallory")
	if resp, err := ca.client(t, false, cert, key).Get("https://" + addr + "/"); err == nil {
		resp.Body.Close()
		if resp.StatusCode != 401 {
			t.Errorf("a certificate of another CA: %d", resp.StatusCode)
		}
	}
}

func TestEventStreamsWorkOverHTTP2(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	addr := startTLS(t, ca, dir, short())
	cert, key := ca.issue(t, dir, "person-alice")
	r, _ := http.NewRequest("GET", "https://"+addr+"/events", nil)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := ca.client(t, true, cert, key).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 2 {
		t.Fatalf("got %s", resp.Proto)
	}
	lines, begun := bufio.NewScanner(resp.Body), time.Now()
	for lines.Scan() && time.Since(begun) < time.Second {
	}
	if time.Since(begun) < time.Second {
		t.Errorf("the stream ended after %s: %v", time.Since(begun), lines.Err())
	}
}

func TestARenewedCertificateIsServedWithoutARestart(t *testing.T) {
	ca, dir := newAuthority(t), t.TempDir()
	addr := startTLS(t, ca, dir, nil)
	serial := func() string {
		conn, err := tls.Dial("tcp", addr, &tls.Config{RootCAs: ca.pool()})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.String()
	}
	first := serial()
	if serial() != first {
		t.Fatal("the certificate changes by itself")
	}
	cert, key := ca.issue(t, dir, "server")
	later := time.Now().Add(time.Minute)
	if err := os.Chtimes(cert, later, later); err != nil {
		t.Fatal(err)
	}
	second := serial()
	if second == first {
		t.Error("the old certificate is still served")
	}
	if err := os.WriteFile(key, []byte("half written"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(cert, later.Add(time.Minute), later.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if serial() != second {
		t.Error("a damaged key took the good certificate away")
	}
}
