package http

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// redirected is the request that an answer asks for next; nil when the answer
// is to be judged as it stands.
// Source: RFC 9110 section 15.4; as browsers do, 301 and 302 make a GET of a POST.
func (c *Check) redirected(r *run, first *url.URL, hops int, req *http.Request, resp *http.Response) (*http.Request, error) {
	method, keep := req.Method, false
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		if method != http.MethodGet && method != http.MethodHead {
			method = http.MethodGet
		}
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		keep = true
	default:
		return nil, nil
	}
	location := resp.Header.Get("Location")
	if location == "" || c.cfg.Redirects == RedirectsNone {
		return nil, nil
	}
	to, err := req.URL.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("location of the redirect: %w", err)
	}
	if to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		return nil, fmt.Errorf("redirect to %.100q: %w", location, errNoHost)
	}
	switch {
	case c.cfg.Redirects == RedirectsSameHost && to.Hostname() != first.Hostname():
		r.redirect = errOtherHost
		return nil, nil
	case hops >= c.cfg.MaxRedirects:
		r.redirect = errTooMany
		return nil, nil
	}
	next := &http.Request{Method: method, URL: to, Header: req.Header.Clone(), Close: true, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1}
	if there, err := url.Parse(location); err == nil && there.Host == "" {
		next.Host = req.Host // a relative one stays on the virtual host
	}
	if keep && req.GetBody != nil {
		next.ContentLength, next.GetBody = req.ContentLength, req.GetBody
		if next.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	} else {
		next.Header.Del("Content-Type")
	}
	if !within(to.Hostname(), req.URL.Hostname()) {
		next.Header.Del("Authorization") // it was for the first host only
	}
	next.Header.Del("Cookie")
	return next, nil
}

// within reports whether host is domain or below it.
func within(host, domain string) bool {
	return host == domain || strings.HasSuffix(host, "."+domain)
}
