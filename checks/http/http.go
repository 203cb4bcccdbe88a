package http

import (
	"context"
	"crypto/tls"
	_ "embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"monitord/checks"
	"monitord/checks/internal/netdial"
)

//go:embed sample.yaml
var sample string

// Type is the kind of check for the builtin list.
func Type() checks.Type {
	return checks.Type{
		Name: "http", Summary: "http.type", Sample: sample,
		NewConfig: func() checks.Config { c := DefaultConfig(); return &c },
		New: func(c checks.Config, deps checks.Deps) (checks.Check, error) {
			return New(*c.(*Config), deps)
		},
	}
}

// Check asks for a page. It is safe for concurrent runs.
type Check struct {
	cfg       Config
	now       func() time.Time
	dialer    netdial.Dialer
	tls       *tls.Config // without a server name unless one is configured
	regexp    *regexp.Regexp
	transport *http.Transport
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, now: deps.Now, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	if cfg.Regexp != "" {
		if c.regexp, err = regexp.Compile(cfg.Regexp); err != nil {
			return nil, err
		}
	}
	c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	if err != nil {
		return nil, err
	}
	// A new connection each run: a check must see what a new user sees. The
	// proxy of our own environment is not the user's way, so none is used.
	c.transport = &http.Transport{
		DisableKeepAlives: true, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		DialContext: c.dialPlain, DialTLSContext: c.dialTLS,
	}
	return c, nil
}

// runKey carries the run through net/http, which hands its context to dial.
type runKey struct{}

// run is one asking.
type run struct {
	phases   netdial.Phases
	target   checks.Target
	started  time.Time
	redirect error // why a redirect was not followed
}

// Run asks once, redirects included.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	r := &run{target: target, started: time.Now()}
	ctx = context.WithValue(ctx, runKey{}, r)
	req, err := c.request(trace(ctx, &r.phases), target)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: c.transport, CheckRedirect: c.checkRedirect(r)}
	resp, err := client.Do(req)
	if err != nil {
		return []checks.Result{c.failure(r, req.URL, err)}, nil
	}
	defer resp.Body.Close()
	body, more, err := readBody(resp.Body, c.cfg.MaxBody)
	r.phases.End()
	if err != nil {
		result := c.failure(r, resp.Request.URL, &netdial.Error{Phase: phaseBody, Peer: resp.Request.URL.Host, Err: err})
		result.Evidence = evidence(resp, body)
		return []checks.Result{result}, nil
	}
	return []checks.Result{c.judge(r, answer{resp: resp, body: body, more: more, took: time.Since(r.started)})}, nil
}

// request builds the first request. The error is a password file that cannot
// be read, or an address that makes no URL.
func (c *Check) request(ctx context.Context, target checks.Target) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, c.cfg.Method, c.address(target), strings.NewReader(c.cfg.Body))
	if err != nil {
		return nil, fmt.Errorf("http request: %w", err)
	}
	req.Header.Set("User-Agent", "monitord")
	for name, value := range c.cfg.Headers {
		if http.CanonicalHeaderKey(name) == "Host" {
			req.Host = value
			continue
		}
		req.Header.Set(name, value)
	}
	if c.cfg.Username != "" {
		password := ""
		if !c.cfg.Password.IsZero() {
			if password, err = c.cfg.Password.Read(); err != nil {
				return nil, err
			}
		}
		req.SetBasicAuth(c.cfg.Username, password)
	}
	return req, nil
}

// address is the URL to ask for.
func (c *Check) address(target checks.Target) string {
	if c.cfg.URL != "" {
		return c.cfg.URL
	}
	scheme, host := "http", target.Address
	if c.cfg.SSL {
		scheme = "https"
	}
	if c.cfg.Port != 0 {
		host = net.JoinHostPort(host, strconv.Itoa(c.cfg.Port))
	} else if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host + c.cfg.Path
}

// checkRedirect says which redirects are followed; the answer of one that is
// not is judged as it stands.
func (c *Check) checkRedirect(r *run) func(*http.Request, []*http.Request) error {
	return func(next *http.Request, via []*http.Request) error {
		first := via[0].URL
		switch {
		case c.cfg.Redirects == RedirectsNone:
			return http.ErrUseLastResponse
		case c.cfg.Redirects == RedirectsSameHost && next.URL.Hostname() != first.Hostname():
			r.redirect = errOtherHost
			return http.ErrUseLastResponse
		case len(via) > c.cfg.MaxRedirects:
			r.redirect = errTooMany
			return http.ErrUseLastResponse
		}
		return nil
	}
}

// dial connects to where the configuration wants.
func (c *Check) dial(ctx context.Context, address string) (*quietConn, error) {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		return nil, fmt.Errorf("dial %s: not within a run", address)
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", address, err)
	}
	if c.cfg.Connect == ConnectTarget {
		host = r.target.Address
	}
	conn, err := c.dialer.Connect(ctx, &r.phases, host, n)
	if err != nil {
		return nil, err
	}
	return &quietConn{Conn: conn}, nil
}

func (c *Check) dialPlain(ctx context.Context, _, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	conn.arm()
	return conn, nil
}

func (c *Check) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, address)
	if err != nil {
		return nil, err
	}
	cfg := c.tls.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName, _, _ = net.SplitHostPort(address)
	}
	secure, err := netdial.Handshake(ctx, &ctx.Value(runKey{}).(*run).phases, conn, cfg, address)
	if err != nil {
		return nil, err
	}
	conn.arm()
	return secure, nil
}

// readBody reads at most limit bytes; more says that there was at least one byte beyond.
func readBody(r io.Reader, limit int) (body []byte, more bool, err error) {
	body, err = io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if len(body) > limit {
		return body[:limit], true, nil
	}
	return body, false, err
}

func (c *Check) failure(r *run, u *url.URL, err error) checks.Result {
	if ue, ok := err.(*url.Error); ok {
		err = ue.Err
	}
	if _, known := err.(*netdial.Error); !known {
		err = &netdial.Error{Phase: r.phases.Current(), Peer: u.Host, Err: err}
	}
	return netdial.Result(&r.phases, err)
}
