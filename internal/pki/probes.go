package pki

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"monitord/internal/wire"
)

// Why a peer is refused.
var (
	ErrNoCertificate = errors.New("no client certificate: enrol this probe with `monitord probe add HOST`")
	ErrReplaced      = errors.New("certificate was replaced by a newer enrolment of the same host")
	ErrExpired       = errors.New("client certificate has expired: enrol again with `monitord probe add HOST`")
	ErrForeign       = errors.New("client certificate is not of this server's authority: enrol again with `monitord probe add HOST`")
	ErrCSR           = errors.New("certificate request is not usable (want PKCS #10 with an ECDSA P-256 key)")
)

// Probe is who speaks for a host.
type Probe struct {
	Host    string    `json:"host"`
	Serial  string    `json:"serial"` // of the certificate in force, hexadecimal
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
}

// Claim turns a token's secret and a certificate request (PKCS #10, DER) into a
// client certificate for the token's host. A request that is not usable does
// not use the token up.
func (a *Authority) Claim(secret string, csr []byte) (wire.Enrolled, error) {
	req, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("%w: %w", ErrCSR, err)
	}
	pub, ok := req.PublicKey.(*ecdsa.PublicKey)
	if !ok || pub.Curve.Params().BitSize != 256 {
		return wire.Enrolled{}, ErrCSR
	}
	if err := req.CheckSignature(); err != nil {
		return wire.Enrolled{}, fmt.Errorf("%w: %w", ErrCSR, err)
	}
	var out wire.Enrolled
	err = withLock(a.dir, func() error {
		host, err := a.takeToken(secret)
		if err != nil {
			return err
		}
		out, err = a.issue(host, pub)
		return err
	})
	return out, err
}

func (a *Authority) issue(host string, pub *ecdsa.PublicKey) (wire.Enrolled, error) {
	now := a.now().UTC()
	t := &x509.Certificate{
		Subject:     pkix.Name{CommonName: host},
		URIs:        []*url.URL{hostURI(host)},
		NotBefore:   now.Add(-backdate),
		NotAfter:    now.Add(clientLife),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := sign(t, a.ca, pub, a.key)
	if err != nil {
		return wire.Enrolled{}, err
	}
	body, err := json.Marshal(Probe{Host: host, Serial: t.SerialNumber.Text(16), Issued: now, Expires: t.NotAfter})
	if err != nil {
		return wire.Enrolled{}, fmt.Errorf("encode probe: %w", err)
	}
	if err := WriteFile(a.probePath(host), body, 0o600); err != nil {
		return wire.Enrolled{}, fmt.Errorf("keep probe %s: %w", host, err)
	}
	return wire.Enrolled{Host: host, Certificate: der, CA: a.ca.Raw}, nil
}

// Probes lists every enrolled probe, sorted by host.
func (a *Authority) Probes() ([]Probe, error) {
	files, err := filepath.Glob(a.path("probes", "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list probes: %w", err)
	}
	var probes []Probe
	for _, f := range files {
		p, err := readProbe(f)
		if err != nil {
			return nil, err
		}
		probes = append(probes, p)
	}
	slices.SortFunc(probes, func(x, y Probe) int { return strings.Compare(x.Host, y.Host) })
	return probes, nil
}

// VerifyPeer tells which host a connection speaks for. It is asked on every
// request, not only at the handshake: a certificate can expire or be replaced
// while its connection lives.
func (a *Authority) VerifyPeer(cs tls.ConnectionState) (string, error) {
	if len(cs.PeerCertificates) == 0 {
		return "", ErrNoCertificate
	}
	leaf := cs.PeerCertificates[0]
	if err := a.verifyChain(cs, leaf); err != nil {
		return "", err
	}
	host, err := HostOf(leaf)
	if err != nil {
		return "", err
	}
	p, err := readProbe(a.probePath(host))
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%w: host %s is not enrolled", ErrForeign, host)
	}
	if err != nil {
		return "", err
	}
	if p.Host != host || p.Serial != leaf.SerialNumber.Text(16) {
		return "", fmt.Errorf("%w (%s, since %s)", ErrReplaced, host, p.Issued.Format(time.RFC3339))
	}
	return host, nil
}

func (a *Authority) verifyChain(cs tls.ConnectionState, leaf *x509.Certificate) error {
	if !a.now().Before(leaf.NotAfter) {
		return fmt.Errorf("%w (on %s)", ErrExpired, leaf.NotAfter.Format(time.DateOnly))
	}
	if len(cs.VerifiedChains) > 0 {
		return nil // the handshake checked it against our CA
	}
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:       a.pool,
		CurrentTime: a.now(),
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeign, err)
	}
	return nil
}

// The host is in a URI of our own scheme, because a common name is limited to
// 64 characters (X.520 ub-common-name) and DNS names to letters of DNS.
const (
	uriScheme = "monitord"
	uriPrefix = "probe/"
)

func hostURI(host string) *url.URL {
	return &url.URL{Scheme: uriScheme, Opaque: uriPrefix + url.PathEscape(host)}
}

// HostOf reads the host that a probe's certificate speaks for.
func HostOf(cert *x509.Certificate) (string, error) {
	for _, u := range cert.URIs {
		rest, ok := strings.CutPrefix(u.Opaque, uriPrefix)
		if u.Scheme != uriScheme || !ok {
			continue
		}
		host, err := url.PathUnescape(rest)
		if err == nil && CheckHost(host) == nil {
			return host, nil
		}
	}
	return "", fmt.Errorf("%w: it names no host", ErrForeign)
}

// CheckHost tells whether a name can be a host's: one word of at most 200 bytes
// (as escaped in a URL, for it is a file name too)
// without spaces, slashes and control characters.
func CheckHost(host string) error {
	bad := func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || r == '/' || r == '\\' || r == '"'
	}
	if host == "" || len(url.PathEscape(host)) > 200 || !utf8.ValidString(host) || strings.ContainsFunc(host, bad) {
		return fmt.Errorf("host name %q: want one word of at most 200 bytes without spaces, quotes and slashes", host)
	}
	return nil
}

func readProbe(path string) (Probe, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return Probe{}, fmt.Errorf("read probe: %w", err)
	}
	var p Probe
	if err := json.Unmarshal(body, &p); err != nil {
		return Probe{}, fmt.Errorf("read probe %s: %w", path, err)
	}
	return p, nil
}

func (a *Authority) probePath(host string) string {
	return a.path("probes", url.PathEscape(host)+".json")
}
