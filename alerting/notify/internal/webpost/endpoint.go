package webpost

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"monitord/internal/config"
)

// Endpoint is the keys that every channel over HTTP has: where messages go, and
// how we show who we are.
type Endpoint struct {
	URL           string                   `yaml:"url"`
	SecretURL     config.Secret            `yaml:"secret_url"` // a URL that is itself a secret; instead of URL
	CAFile        string                   `yaml:"ca_file"`    // PEM; empty: the system's authorities
	Proxy         string                   `yaml:"proxy"`      // URL of an HTTP proxy; empty: none
	Timeout       time.Duration            `yaml:"timeout"`    // of one hand-over; 0: DefaultTimeout
	Headers       map[string]string        `yaml:"headers"`
	SecretHeaders map[string]config.Secret `yaml:"secret_headers"`
	Username      string                   `yaml:"username"` // of Basic authentication (RFC 7617)
	Password      config.Secret            `yaml:"password"`
	Token         config.Secret            `yaml:"token"` // of Bearer authentication (RFC 6750)
}

// DefaultTimeout is how long one hand-over may take.
const DefaultTimeout = 20 * time.Second

// Configured reports whether there is anywhere to send to.
func (e *Endpoint) Configured() bool { return e.URL != "" || !e.SecretURL.IsZero() }

// Validate reports every fault; it touches neither network nor files.
func (e *Endpoint) Validate() error {
	var faults []error
	add := func(path, format string, args ...any) {
		faults = append(faults, config.Faultf(path, format, args...))
	}
	switch {
	case e.URL != "" && !e.SecretURL.IsZero():
		add("secret_url", "stands beside url; want one of them")
	case !e.Configured():
		add("url", "is missing; want https://HOST/PATH, or secret_url: {file: PATH} when the URL is itself a secret")
	case e.URL != "":
		if _, err := parseURL(e.URL); err != nil {
			add("url", "%v", err)
		}
	}
	if e.Proxy != "" {
		if u, err := url.Parse(e.Proxy); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
			add("proxy", "want http://HOST:PORT without a password")
		}
	}
	if e.Timeout != 0 && (e.Timeout < time.Second || e.Timeout > 5*time.Minute) {
		add("timeout", "got %s; want 1s to 5m", e.Timeout)
	}
	return errors.Join(append(faults, e.validateHeaders(), e.validateLogin())...)
}

// ours are the headers that the request itself decides.
var ours = []string{"Connection", "Content-Length", "Host", "Transfer-Encoding", "Upgrade", "Te", "Trailer",
	"Webhook-Id", "Webhook-Timestamp", "Webhook-Signature", "Idempotency-Key"}

func (e *Endpoint) validateHeaders() error {
	var faults []error
	check := func(path, name string) {
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			faults = append(faults, config.Faultf(path, "is no name of a header (got %q)", name))
		case slices.ContainsFunc(ours, func(o string) bool { return strings.EqualFold(o, name) }):
			faults = append(faults, config.Faultf(path, "is set by monitord itself; leave it out"))
		}
	}
	for name, value := range e.Headers {
		path := config.KeyPath("headers", name)
		check(path, name)
		if !httpguts.ValidHeaderFieldValue(value) {
			faults = append(faults, config.Faultf(path, "holds what a header must not (got %q; want one line)", value))
		}
	}
	for name, secret := range e.SecretHeaders {
		path := config.KeyPath("secret_headers", name)
		check(path, name)
		if secret.IsZero() {
			faults = append(faults, config.Faultf(path, "want {file: PATH}"))
		}
	}
	return errors.Join(faults...)
}

func (e *Endpoint) validateLogin() error {
	switch {
	case e.Username == "" && !e.Password.IsZero():
		return config.Faultf("username", "is missing, but there is a password")
	case e.Username != "" && e.Password.IsZero():
		return config.Faultf("password", "is missing; want {file: PATH}")
	case e.Username != "" && !e.Token.IsZero():
		return config.Faultf("token", "stands beside username; want one of them")
	case strings.Contains(e.Username, ":"):
		return config.Faultf("username", "must not hold a colon")
	}
	return nil
}

// parseURL reads where to send to. Its error does not repeat the URL, which may
// be a secret.
func parseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case err != nil || u.Hostname() == "" || u.Opaque != "":
		return nil, errors.New("is no URL; want https://HOST/PATH")
	case u.User != nil:
		return nil, errors.New("holds a password; want username and password: {file: PATH}")
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, errors.New("is not protected; want https, or a host on loopback")
	default:
		return nil, fmt.Errorf("got scheme %q; want https", u.Scheme)
	}
	u.Fragment = ""
	return u, nil
}

// loopback reports whether a host can only be this machine.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}
