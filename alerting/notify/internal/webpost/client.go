package webpost

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"sync/atomic"

	"monitord/alerting/notify"
	"monitord/checks"
	"monitord/internal/version"
)

// maxAnswer and maxHeader bound what is read of an answer, in bytes.
const (
	maxAnswer = 64 << 10
	maxHeader = 64 << 10
)

// maxRedirects bounds redirects on the same host.
const maxRedirects = 3

// Client hands over to one endpoint. It is safe for concurrent use and holds
// nothing open between requests.
type Client struct {
	endpoint Endpoint
	dialer   checks.Dialer
}

// New makes a client; endpoint is valid. A nil dialer is the network.
func New(endpoint Endpoint, dialer checks.Dialer) *Client {
	if dialer == nil {
		dialer = &net.Dialer{}
	}
	if endpoint.Timeout == 0 {
		endpoint.Timeout = DefaultTimeout
	}
	return &Client{endpoint, dialer}
}

// Request is what to send.
type Request struct {
	Method      string     // empty: POST
	Query       url.Values // added to that of the URL
	ContentType string     // of Body
	Header      http.Header
	Body        []byte
}

// Answer is what the peer said when it took the message over.
type Answer struct {
	Status string // such as "202 Accepted"
	Body   []byte // at most 64 KiB of it
	Cut    bool   // there was more, or its end did not come
}

// String is one line for the journal.
func (a Answer) String() string { return a.Status + said(a.Body) }

// Do sends one request. The error is a notify.Permanent when no later attempt
// can succeed, a notify.InDoubt when the peer may have the message, a
// notify.Later when it says when to come again, and else temporary. It never
// shows the URL's path, which may be a secret.
func (c *Client) Do(ctx context.Context, r Request) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.endpoint.Timeout)
	defer cancel()
	u, err := c.url(r.Query)
	if err != nil {
		return Answer{}, err
	}
	answer, err := c.exchange(ctx, u, r)
	if err != nil {
		return Answer{}, wrap(u.Host, err)
	}
	return answer, nil
}

// wrap puts the host before an error of ours, and keeps its kind.
func wrap(host string, err error) error { return fmt.Errorf("%s: %w", host, err) }

func (c *Client) url(query url.Values) (*url.URL, error) {
	raw, key := c.endpoint.URL, "url"
	if !c.endpoint.SecretURL.IsZero() {
		var err error
		key = "secret_url"
		if raw, err = c.endpoint.SecretURL.Read(); err != nil {
			return nil, err
		}
	}
	u, err := parseURL(raw)
	if err != nil {
		return nil, fmt.Errorf("%s %w", key, err)
	}
	if len(query) > 0 {
		all := u.Query()
		for name, values := range query {
			all[name] = values
		}
		u.RawQuery = all.Encode()
	}
	return u, nil
}

func (c *Client) exchange(ctx context.Context, u *url.URL, r Request) (Answer, error) {
	transport, err := c.transport()
	if err != nil {
		return Answer{}, err
	}
	defer transport.CloseIdleConnections()
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// Again for each redirect: written is about the last request.
		GetConn:      func(string) { written.Store(false) },
		WroteRequest: func(i httptrace.WroteRequestInfo) { written.Store(i.Err == nil) },
	})
	req, err := c.request(ctx, u, r)
	if err != nil {
		return Answer{}, err
	}
	client := &http.Client{Transport: transport, CheckRedirect: sameRequest}
	resp, err := client.Do(req)
	if err != nil {
		return Answer{}, c.noAnswer(ctx, err, written.Load())
	}
	defer resp.Body.Close()
	var body bytes.Buffer
	_, readErr := body.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	answer := Answer{Status: notify.OneLine(resp.Status), Body: body.Bytes(), Cut: readErr != nil}
	if len(answer.Body) > maxAnswer {
		answer.Body, answer.Cut = answer.Body[:maxAnswer], true
	}
	return answer, verdict(resp, answer)
}

// noAnswer says why there is none, without the URL that net/http puts into its
// errors.
func (c *Client) noAnswer(ctx context.Context, err error, written bool) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("no answer within %s: %w", c.endpoint.Timeout, err)
	}
	if written {
		return notify.InDoubt{Err: fmt.Errorf("no answer to the message: %w", err)}
	}
	return err
}

// sameRequest follows a redirect only when the same request goes to the same
// host in the same way. Else the answer that redirects is what there is to judge.
func sameRequest(next *http.Request, via []*http.Request) error {
	first := via[0]
	if len(via) > maxRedirects || next.URL.Scheme != first.URL.Scheme || next.URL.Host != first.URL.Host ||
		next.Method != first.Method || next.ContentLength != first.ContentLength {
		return http.ErrUseLastResponse
	}
	return nil
}

func (c *Client) request(ctx context.Context, u *url.URL, r Request) (*http.Request, error) {
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, notify.Permanent{Err: err}
	}
	req.Header.Set("User-Agent", "monitord/"+version.String())
	if r.ContentType != "" {
		req.Header.Set("Content-Type", r.ContentType)
	}
	for name, value := range c.endpoint.Headers {
		req.Header.Set(name, value)
	}
	for name, secret := range c.endpoint.SecretHeaders {
		value, err := secret.Read()
		if err != nil {
			return nil, err
		}
		req.Header.Set(name, value)
	}
	for name, values := range r.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, c.login(req)
}

func (c *Client) login(req *http.Request) error {
	switch {
	case c.endpoint.Username != "":
		password, err := c.endpoint.Password.Read()
		if err != nil {
			return err
		}
		req.SetBasicAuth(c.endpoint.Username, password)
	case !c.endpoint.Token.IsZero():
		token, err := c.endpoint.Token.Read()
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// transport serves one request, so that nothing stays open: pages are rare.
func (c *Client) transport() (*http.Transport, error) {
	t := &http.Transport{
		DialContext: c.dialer.DialContext, DisableKeepAlives: true, DisableCompression: true,
		MaxResponseHeaderBytes: maxHeader, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
	}
	if c.endpoint.Proxy != "" {
		u, err := url.Parse(c.endpoint.Proxy)
		if err != nil {
			return nil, err
		}
		t.Proxy = http.ProxyURL(u)
	}
	if c.endpoint.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.endpoint.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t.TLSClientConfig.RootCAs = x509.NewCertPool()
	if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file %s: no certificate in PEM form in it", c.endpoint.CAFile)
	}
	return t, nil
}
