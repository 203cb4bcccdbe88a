package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"monitord/internal/wire"
)

// Lifetimes. The server's certificate is renewed when less than renewBefore is
// left; the CA outlives any server we know of, because changing it means
// enrolling every probe again.
const (
	caLife      = 20 * 365 * 24 * time.Hour
	serverLife  = 365 * 24 * time.Hour
	clientLife  = 365 * 24 * time.Hour
	renewBefore = 60 * 24 * time.Hour
	backdate    = time.Hour // for probes whose clock is a little behind
)

// Authority is the CA in one folder. Its methods may be called at the same time,
// and several processes may have the same folder open.
type Authority struct {
	dir string
	now func() time.Time

	ca   *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool

	mu     sync.Mutex
	server *tls.Certificate // current, nil until first asked for
}

// Open makes the authority in dir, or reads the one that is there. now is the
// clock of issue and expiry; nil means time.Now.
func Open(dir string, now func() time.Time) (*Authority, error) {
	if now == nil {
		now = time.Now
	}
	for _, d := range []string{dir, filepath.Join(dir, "tokens"), filepath.Join(dir, "probes")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, fmt.Errorf("make pki folder: %w", err)
		}
	}
	a := &Authority{dir: dir, now: now}
	if err := withLock(dir, a.loadCA); err != nil {
		return nil, err
	}
	a.pool = x509.NewCertPool()
	a.pool.AddCert(a.ca)
	return a, nil
}

// loadCA reads the CA or makes one. The key is written first: a key without a
// certificate is a first start that was cut short and is started again.
func (a *Authority) loadCA() error {
	_, err := os.Stat(a.path("ca.crt"))
	if errors.Is(err, os.ErrNotExist) {
		err = a.makeCA()
	}
	if err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	pair, err := readPair(a.path("ca.crt"), a.path("ca.key"))
	if err != nil {
		return fmt.Errorf("certificate authority: %w (restore both from a backup; without them every probe must be enrolled again)", err)
	}
	a.ca, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return nil
}

func (a *Authority) makeCA() error {
	now := a.now()
	key, err := newKey()
	if err != nil {
		return err
	}
	t := &x509.Certificate{
		Subject:               pkix.Name{CommonName: "monitord CA " + now.UTC().Format(time.DateOnly)},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(caLife),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(t, t, &key.PublicKey, key)
	if err != nil {
		return err
	}
	return writePair(a.path("ca.crt"), a.path("ca.key"), der, key)
}

// ServerTLS is the configuration of the listener for probes: our certificate,
// renewed in time without a restart, and client certificates of our own CA
// where the client has one. Who must have one is for the handler to say.
func (a *Authority) ServerTLS() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		ClientAuth:     tls.VerifyClientCertIfGiven,
		ClientCAs:      a.pool,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return a.serverCertificate() },
		Time:           a.now,
		// A resumed session would skip the check of a certificate replaced meanwhile.
		SessionTicketsDisabled: true,
	}
}

func (a *Authority) serverCertificate() (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.fresh(a.server) {
		return a.server, nil
	}
	if err := withLock(a.dir, a.renewServer); err != nil {
		if a.server != nil && a.now().Before(a.server.Leaf.NotAfter) {
			return a.server, nil // a disk that is full today must not cut the probes off
		}
		return nil, fmt.Errorf("server certificate: %w", err)
	}
	return a.server, nil
}

func (a *Authority) fresh(c *tls.Certificate) bool {
	return c != nil && a.now().Add(renewBefore).Before(c.Leaf.NotAfter) && !a.now().Before(c.Leaf.NotBefore)
}

// renewServer takes what another process has renewed, or renews. Certificate
// and key are one file, so that no crash leaves a pair that does not match.
func (a *Authority) renewServer() error {
	path := a.path("server.pem")
	if c, err := readPair(path, path); err == nil && a.fresh(c) && c.Leaf.CheckSignatureFrom(a.ca) == nil {
		a.server = withChain(c, a.ca)
		return nil
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	now := a.now()
	der, err := sign(&x509.Certificate{
		Subject:     pkix.Name{CommonName: wire.ServerName},
		DNSNames:    []string{wire.ServerName},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(serverLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.ca, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	if err := writePair(path, path, der, key); err != nil {
		return err
	}
	c, err := readPair(path, path)
	if err != nil {
		return err
	}
	a.server = withChain(c, a.ca)
	return nil
}

// withChain adds the CA to what the server shows: a probe that enrols knows its
// fingerprint only and takes the certificate from the handshake.
func withChain(c *tls.Certificate, ca *x509.Certificate) *tls.Certificate {
	c.Certificate = append(c.Certificate[:1], ca.Raw)
	return c
}

func (a *Authority) path(elem ...string) string {
	return filepath.Join(append([]string{a.dir}, elem...)...)
}
