package agent

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"monitord/internal/pki"
	"monitord/internal/wire"
)

// identity is what enrolment left behind.
type identity struct {
	host  string
	dir   string
	roots *x509.CertPool
}

func readIdentity(dir string) (identity, error) {
	id := identity{dir: dir, roots: x509.NewCertPool()}
	cert, err := id.certificate()
	if err != nil {
		return identity{}, fmt.Errorf("%w (enrol this probe with `probe enroll`)", err)
	}
	if id.host, err = pki.HostOf(cert.Leaf); err != nil {
		return identity{}, fmt.Errorf("read %s: %w", CertFile, err)
	}
	ca, err := os.ReadFile(filepath.Join(dir, CAFile))
	if err != nil {
		return identity{}, fmt.Errorf("read CA: %w (enrol this probe with `probe enroll`)", err)
	}
	if !id.roots.AppendCertsFromPEM(ca) {
		return identity{}, fmt.Errorf("read CA %s: no certificate in it (enrol this probe again)", filepath.Join(dir, CAFile))
	}
	return id, nil
}

func (id identity) certificate() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(filepath.Join(id.dir, CertFile), filepath.Join(id.dir, KeyFile))
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return &c, nil
}

// Time-outs of the channel. A request that a server leaves hanging is given up
// and sent again; the store knows a repeat.
const (
	dialTimeout  = 10 * time.Second
	sendTimeout  = 30 * time.Second
	pollTimeout  = 75 * time.Second // the server answers within 55 s
	maxAnswer    = 4 << 20
	maxErrorText = 300
)

// client speaks to the server.
type client struct {
	http      *http.Client
	transport *http.Transport
	base      string
	agent     string
	now       func() time.Time
}

// newClient speaks HTTP/1.1: two connections at the most are open, and HTTP/2's
// buffers would be a tenth of the probe's memory.
func (a *Agent) newClient() *client {
	dial := a.deps.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}).DialContext
	}
	protocols := &http.Protocols{}
	protocols.SetHTTP1(true)
	t := &http.Transport{
		DialContext:         dial,
		Protocols:           protocols,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConnsPerHost: 3,
		IdleConnTimeout:     2 * time.Minute,
		WriteBufferSize:     16 << 10, // a usual request leaves in one piece
		ReadBufferSize:      4 << 10,
		DisableCompression:  true,
		TLSClientConfig: &tls.Config{
			MinVersion: tls.VersionTLS13,
			RootCAs:    a.id.roots,
			ServerName: wire.ServerName,
			// Read at each handshake: a new enrolment counts without a restart.
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return a.id.certificate() },
		},
	}
	noRedirect := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{
		http: &http.Client{Transport: t, CheckRedirect: noRedirect}, transport: t,
		base: trimSlash(a.cfg.Server), agent: wire.AgentPrefix + a.deps.Version, now: a.deps.Now,
	}
}

func trimSlash(s string) string {
	if len(s) > 0 && s[len(s)-1] == '/' {
		return s[:len(s)-1]
	}
	return s
}

func (c *client) close() { c.transport.CloseIdleConnections() }

// answer is a response that was read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// do sends one request and reads its whole answer within timeout.
func (c *client) do(ctx context.Context, timeout time.Duration, method, path string, header http.Header, body io.Reader) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return answer{}, fmt.Errorf("make request: %w", err)
	}
	for k, v := range header {
		req.Header[k] = v
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set(wire.TimeHeader, c.now().UTC().Format(time.RFC3339Nano))
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // read to its end below
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	return answer{resp.StatusCode, resp.Header, b}, nil
}

// problem is what a refusing server said, short enough for a log line.
func (a answer) problem() error {
	return fmt.Errorf("server answered %d: %.*s", a.status, maxErrorText, a.body)
}
