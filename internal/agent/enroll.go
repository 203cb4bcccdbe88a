package agent

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/goccy/go-yaml"

	"monitord/internal/pki"
	"monitord/internal/plugins"
	"monitord/internal/wire"
)

// ErrFingerprint says that the server at that address is not the one that made
// the token, or that somebody sits between.
var ErrFingerprint = errors.New("the server's CA is not the one of the token")

// Enroll uses a token up: it makes sure that the server is the one that made it,
// gets a client certificate, and writes certificate, key, CA and probe.yaml to
// dir. Nothing is sent before the server is known. It returns the host.
func Enroll(ctx context.Context, server, tokenText, dir string) (string, error) {
	if err := CheckServer(server); err != nil {
		return "", fmt.Errorf("server: %w", err)
	}
	token, err := pki.ParseToken(tokenText)
	if err != nil {
		return "", err
	}
	// The folder first: a token must not be spent on a disk that cannot keep the answer.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make key: %w", err)
	}
	keyText, err := pki.KeyPEM(key)
	if err != nil {
		return "", err
	}
	newKey := filepath.Join(dir, KeyFile+".new")
	if err := pki.WriteFile(newKey, keyText, 0o600); err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(newKey) }() // renamed already when all went well
	got, err := requestCertificate(ctx, server, token, key)
	if err != nil {
		return "", err
	}
	return got.Host, install(dir, server, newKey, got)
}

// requestCertificate posts the request over a connection whose far end has
// proved, in the handshake, to hold a certificate of the token's CA.
func requestCertificate(ctx context.Context, server string, token pki.Token, key *ecdsa.PrivateKey) (wire.Enrolled, error) {
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("make certificate request: %w", err)
	}
	body, err := json.Marshal(wire.Enrolment{Token: token.Secret, CSR: csr})
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("encode enrolment: %w", err)
	}
	transport := &http.Transport{
		TLSHandshakeTimeout: dialTimeout,
		DisableKeepAlives:   true,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13,
			ServerName: wire.ServerName,
			// The CA is not known yet, only its fingerprint: VerifyConnection below is
			// the whole check, and the request is written only after it.
			InsecureSkipVerify: true,
			VerifyConnection:   func(cs tls.ConnectionState) error { return verifyServer(cs, token.Fingerprint) },
		},
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, trimSlash(server)+wire.EnrollPath, bytes.NewReader(body))
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("make request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("ask %s for a certificate: %w", server, err)
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	answerBody, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("read certificate: %w (the token is used up; make another with `monitord probe add HOST`)", err)
	}
	if resp.StatusCode != http.StatusOK {
		return wire.Enrolled{}, fmt.Errorf("enrol at %s: %d: %.*s", server, resp.StatusCode, maxErrorText, bytes.TrimSpace(answerBody))
	}
	var got wire.Enrolled
	if err := json.Unmarshal(answerBody, &got); err != nil {
		return wire.Enrolled{}, fmt.Errorf("read certificate: %w", err)
	}
	return got, checkEnrolled(got, token, key)
}

// verifyServer finds the token's CA in the chain that the server showed, and
// verifies the server's own certificate under it and nothing else.
func verifyServer(cs tls.ConnectionState, fingerprint [sha256.Size]byte) error {
	roots := x509.NewCertPool()
	found := false
	for _, c := range cs.PeerCertificates {
		if sha256.Sum256(c.Raw) == fingerprint && c.IsCA {
			roots.AddCert(c)
			found = true
		}
	}
	if !found {
		return fmt.Errorf("%w: check the address; if it is right, somebody may sit between (nothing was sent)", ErrFingerprint)
	}
	_, err := cs.PeerCertificates[0].Verify(x509.VerifyOptions{
		Roots: roots, DNSName: wire.ServerName, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, CurrentTime: time.Now(),
	})
	if err != nil {
		return fmt.Errorf("server certificate: %w", err)
	}
	return nil
}

func checkEnrolled(got wire.Enrolled, token pki.Token, key *ecdsa.PrivateKey) error {
	cert, err := x509.ParseCertificate(got.Certificate)
	if err != nil {
		return fmt.Errorf("read certificate: %w", err)
	}
	if sha256.Sum256(got.CA) != token.Fingerprint {
		return fmt.Errorf("read certificate: %w", ErrFingerprint)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return errors.New("read certificate: it is for another key")
	}
	if host, err := pki.HostOf(cert); err != nil || host != got.Host {
		return fmt.Errorf("read certificate: it is for host %q, the answer says %q", host, got.Host)
	}
	return nil
}

// install puts the files in place; a probe that is running takes the new pair at
// its next handshake, and one that falls between two renames tries again.
func install(dir, server, newKey string, got wire.Enrolled) error {
	if err := pki.WriteFile(filepath.Join(dir, CAFile), pki.CertPEM(got.CA), 0o644); err != nil {
		return err
	}
	if err := os.Rename(newKey, filepath.Join(dir, KeyFile)); err != nil {
		return fmt.Errorf("keep key: %w", err)
	}
	if err := pki.WriteFile(filepath.Join(dir, CertFile), pki.CertPEM(got.Certificate), 0o644); err != nil {
		return err
	}
	return writeConfig(filepath.Join(dir, ConfigFile), server)
}

// writeConfig makes probe.yaml, or leaves one that names this server already as
// its owner wrote it.
func writeConfig(path, server string) error {
	if old, err := ReadConfig(path); err == nil && old.Server == server {
		return nil
	}
	line, err := yaml.Marshal(map[string]string{"server": server})
	if err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	text := "# Written by `probe enroll`. Further keys and their defaults:\n" +
		"#   dir: .            # certificate, key, CA and spool; relative to this file\n" +
		"#   interval: 10s     # between collections, until the server says otherwise\n" +
		"#   spool_bytes: 268435456\n#   spool_age: 24h\n" +
		"# Nagios plugins that the server may have this machine run; without it none:\n#   plugins: {dirs: [" + plugins.DefaultDir + "]}\n" + string(line)
	return pki.WriteFile(path, []byte(text), 0o644)
}
