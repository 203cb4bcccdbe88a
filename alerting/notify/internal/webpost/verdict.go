package webpost

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"monitord/alerting/notify"
)

// verdict says what a status means for the message.
func verdict(resp *http.Response, a Answer) error {
	code := resp.StatusCode
	refused := errors.New(a.String())
	switch {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return notify.Permanent{Err: errors.New(a.Status + redirected(resp))}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		if after := retryAfter(resp); after > 0 {
			return notify.Later{Err: refused, After: after}
		}
		return refused
	}
	return notify.Permanent{Err: refused}
}

// redirected names the host that a redirect points to, but not its path.
func redirected(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil {
		return ""
	}
	shown := url.URL{Scheme: to.Scheme, Host: to.Host}
	return ": redirects to " + notify.OneLine(shown.String()) + ", which is not followed (set url to where it is now)"
}

// retryAfter reads Retry-After (RFC 9110, 10.2.3); 0 when there is none.
func retryAfter(resp *http.Response) time.Duration {
	value := strings.TrimSpace(resp.Header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	// By the peer's own clock, when it says what it is.
	now, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return 0
	}
	return max(at.Sub(now), 0)
}

// saidColumns is how much of an answer stands in the journal.
const saidColumns = 160

// said is the beginning of an answer's body in one line, after a colon.
func said(body []byte) string {
	s := notify.OneLine(string(body[:min(len(body), 4*saidColumns)]))
	if s == "" {
		return ""
	}
	return ": " + notify.Truncate(s, saidColumns)
}
