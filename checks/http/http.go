package http

import (
	"context"
	"crypto/tls"
	_ "embed"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
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

// Check asks for a page, or for several in turn. It is safe for concurrent runs.
type Check struct {
	cfg    Config
	now    func() time.Time
	dialer netdial.Dialer
	tls    *tls.Config // without a server name unless one is configured
	steps  []*step     // at least one
}

// New builds the check; cfg is valid. The error is a CA file that cannot be read.
func New(cfg Config, deps checks.Deps) (*Check, error) {
	c := &Check{cfg: cfg, now: deps.Now, dialer: netdial.Dialer{Resolver: deps.Resolver, Dialer: deps.Dialer, Family: cfg.Family}}
	var err error
	if c.steps, err = compile(&cfg); err != nil {
		return nil, err
	}
	c.tls, err = netdial.TLS{Verify: cfg.Verify, CAFile: cfg.CAFile, ServerName: cfg.ServerName}.Config("")
	return c, err
}

// run is one asking, all its steps.
type run struct {
	phases   netdial.Phases
	target   checks.Target
	started  time.Time
	redirect error             // why a redirect was not followed
	vars     map[string]string // what ${name} stands for; nil when there is none
	jar      *cookiejar.Jar    // nil until a server sets a cookie
}

// Run asks once, redirects and steps included.
func (c *Check) Run(ctx context.Context, target checks.Target) ([]checks.Result, error) {
	r := &run{target: target, started: time.Now()}
	if err := c.readSecrets(r); err != nil {
		return nil, err
	}
	var results []stepResult
	for i, s := range c.steps {
		result, err := c.step(ctx, r, s)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
		if result.state == checks.Critical || result.state == checks.Unknown || i == len(c.steps)-1 {
			break
		}
	}
	return []checks.Result{c.conclude(r, results)}, nil
}

// ask sends a request, follows its redirects and reads the last answer. On
// failure u is where it happened, and the answer holds what came.
func (c *Check) ask(ctx context.Context, r *run, req *http.Request) (a answer, u *url.URL, err error) {
	started, first := time.Now(), req.URL
	for hops := 0; ; hops++ {
		if r.jar != nil {
			for _, cookie := range r.jar.Cookies(req.URL) {
				req.AddCookie(cookie)
			}
		}
		resp, conn, err := c.exchange(ctx, r, req)
		if err != nil {
			return answer{}, req.URL, err
		}
		r.keepCookies(req.URL, resp)
		next, err := c.redirected(r, first, hops, req, resp)
		if err != nil {
			conn.Close()
			return answer{}, req.URL, err
		}
		if next != nil {
			conn.Close()
			req = next
			continue
		}
		a = answer{resp: resp}
		a.body, a.more, err = readBody(resp, c.cfg.MaxBody)
		conn.Close() // not resp.Body.Close, which would read an endless body to its end
		r.phases.End()
		a.took = time.Since(started)
		if err != nil {
			err = &netdial.Error{Phase: phaseBody, Peer: req.URL.Host, Err: err}
		}
		return a, req.URL, err
	}
}

// keepCookies remembers what a server sets, for the rest of this run only.
func (r *run) keepCookies(u *url.URL, resp *http.Response) {
	if len(resp.Header["Set-Cookie"]) == 0 {
		return
	}
	if r.jar == nil {
		r.jar, _ = cookiejar.New(nil) // without options there is no error
	}
	r.jar.SetCookies(u, resp.Cookies())
}

// address is the URL that all others are relative to.
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

func (c *Check) failure(r *run, u *url.URL, err error) checks.Result {
	if _, known := err.(*netdial.Error); !known {
		err = &netdial.Error{Phase: r.phases.Current(), Peer: u.Host, Err: err}
	}
	return netdial.Result(&r.phases, err)
}
