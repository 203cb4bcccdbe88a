package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"golang.org/x/net/http/httpguts"

	"monitord/checks/internal/netdial"
)

// The phases after the connection stands, in this order. With redirects and
// steps a name comes again.
const (
	phaseRequest   = "request"    // sending it
	phaseFirstByte = "first-byte" // the server thinks
	phaseBody      = "body"       // header and body arrive
)

// maxHeader bounds the header of an answer, in bytes.
const maxHeader = 64 << 10

// maxInterim bounds the 1xx answers before the real one (RFC 9110 section 15.2).
const maxInterim = 5

var (
	errHeaderTooLong = errors.New("the header is longer than 64 KiB")
	errNoHost        = errors.New("redirect without a host")
	errInterim       = errors.New("too many 1xx answers")
)

// connection is one exchange under way: HTTP/1.1, one request, one answer. It
// is written by hand and read by net/http's parser: http.Transport costs two
// goroutines and twice the processor time, for reuse that a check must not
// have, since it must meet what a new user meets.
type connection struct {
	net.Conn
	stop   func() bool // of the watch over ctx
	phases *netdial.Phases
	left   int // bytes of header that may still come; below 0 there is no limit
	begun  bool
	broken error // of a Read: the parser hides it behind what it could not finish
}

// Read reads the answer, within its bounds.
func (c *connection) Read(b []byte) (int, error) {
	if c.left == 0 {
		c.broken = errHeaderTooLong
		return 0, c.broken
	}
	if c.left > 0 {
		b = b[:min(len(b), c.left)]
	}
	n, err := c.Conn.Read(b)
	if n > 0 && !c.begun {
		c.begun = true
		c.phases.Begin(phaseBody)
	}
	if c.left > 0 {
		c.left -= n
	}
	if err != nil && err != io.EOF {
		c.broken = err
	}
	return n, err
}

// Close ends the watch and the connection.
func (c *connection) Close() error {
	c.stop()
	return c.Conn.Close()
}

// open connects to where the configuration wants, with TLS for https.
func (c *Check) open(ctx context.Context, r *run, u *url.URL) (*connection, *tls.ConnectionState, error) {
	name, err := httpguts.PunycodeHostPort(u.Hostname())
	if err != nil {
		return nil, nil, err
	}
	port := 80
	if u.Scheme == "https" {
		port = 443
	}
	if p := u.Port(); p != "" {
		if port, err = strconv.Atoi(p); err != nil {
			return nil, nil, fmt.Errorf("port of %s: %w", u.Host, err)
		}
	}
	host := name
	if c.cfg.Connect == ConnectTarget {
		host = r.target.Address
	}
	conn, err := c.dialer.Connect(ctx, &r.phases, host, port)
	if err != nil {
		return nil, nil, err
	}
	var state *tls.ConnectionState
	if u.Scheme == "https" {
		cfg := c.tls.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = name
		}
		secure, err := netdial.Handshake(ctx, &r.phases, conn, cfg, net.JoinHostPort(name, strconv.Itoa(port)))
		if err != nil {
			return nil, nil, err
		}
		s := secure.ConnectionState()
		conn, state = secure, &s
	}
	return &connection{
		Conn: conn, phases: &r.phases, left: maxHeader,
		stop: context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) }),
	}, state, nil
}

// exchange sends one request and reads the header of its answer. The body is
// read from resp.Body while conn is open; conn.Close ends it all.
func (c *Check) exchange(ctx context.Context, r *run, req *http.Request) (*http.Response, *connection, error) {
	conn, state, err := c.open(ctx, r, req.URL)
	if err != nil {
		return nil, nil, err
	}
	r.phases.Begin(phaseRequest)
	var out bytes.Buffer
	if err := req.Write(&out); err != nil {
		conn.Close()
		return nil, nil, err
	}
	_, sendErr := conn.Write(out.Bytes())
	r.phases.Begin(phaseFirstByte)
	// A server may answer and close before it took all of the request: its
	// answer says more than our broken pipe.
	resp, err := answerOf(bufio.NewReader(conn), req)
	if err != nil {
		conn.Close()
		if conn.broken != nil {
			err = conn.broken
		}
		if sendErr != nil && !conn.begun {
			err = sendErr
		}
		return nil, nil, err
	}
	conn.left = -1
	resp.TLS = state
	return resp, conn, nil
}

// answerOf reads a header, past those that only say "wait".
func answerOf(in *bufio.Reader, req *http.Request) (*http.Response, error) {
	for range maxInterim {
		resp, err := http.ReadResponse(in, req)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols {
			return resp, nil
		}
	}
	return nil, errInterim
}

// readBody reads at most limit bytes; more says that there was at least one byte beyond.
func readBody(resp *http.Response, limit int) (body []byte, more bool, err error) {
	var into bytes.Buffer
	if n := resp.ContentLength; n > 0 {
		into.Grow(int(min(n, int64(limit))) + bytes.MinRead)
	}
	_, err = into.ReadFrom(io.LimitReader(resp.Body, int64(limit)+1))
	body = into.Bytes()
	if len(body) > limit {
		return body[:limit], true, nil
	}
	return body, false, err
}
