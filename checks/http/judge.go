package http

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

var (
	errOtherHost = errors.New("redirect to another host")
	errTooMany   = errors.New("too many redirects")
)

// answer is what came back.
type answer struct {
	resp *http.Response
	body []byte // at most max_body bytes
	more bool   // the body went on
	took time.Duration
}

// finding is one judgement; the worst of them makes the result.
type finding struct {
	state   checks.State
	reason  checks.Reason
	summary text.Message
}

// judge is the worst finding about one answer, the first among equals.
func (c *Check) judge(r *run, s *step, a answer) finding {
	worst := finding{summary: text.M("http.ok",
		text.Str("url", r.shown(a)), text.Str("status", status(a.resp)), text.Bytes("size", float64(len(a.body))), text.Dur("took", a.took))}
	for _, f := range []finding{c.judgeStatus(r, s, a), c.judgeContent(r, s, a), c.judgeSize(r, s, a), c.judgeCert(r, a)} {
		if f.state.Worse(worst.state) {
			worst = f
		}
	}
	return worst
}

// shown is the URL of the answer without a query, which may hold a key, and
// with the names of captured values instead of them.
func (r *run) shown(a answer) string {
	u := *a.resp.Request.URL
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	s := u.String()
	for name, value := range r.vars {
		if len(value) > 3 {
			s = strings.ReplaceAll(s, url.PathEscape(value), "‹"+name+"›")
		}
	}
	return s
}

func (c *Check) judgeStatus(r *run, s *step, a answer) finding {
	code := a.resp.StatusCode
	switch {
	case r.redirect == errOtherHost:
		return finding{checks.Critical, checks.ReasonStatus, text.M("http.redirect.host", text.Str("url", r.shown(a)), text.Str("to", a.resp.Header.Get("Location")))}
	case r.redirect == errTooMany:
		return finding{checks.Critical, checks.ReasonStatus, text.M("http.redirect.many", text.Str("url", r.shown(a)), text.Int("limit", c.cfg.MaxRedirects))}
	case c.cfg.WarningStatus.Has(code):
		return finding{checks.Warning, checks.ReasonStatus, statusMessage(r, s, a)}
	case s.Status.Has(code):
		return finding{}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return finding{checks.Critical, checks.ReasonAuth, statusMessage(r, s, a)}
	}
	return finding{checks.Critical, checks.ReasonStatus, statusMessage(r, s, a)}
}

func statusMessage(r *run, s *step, a answer) text.Message {
	return text.M("http.status", text.Str("url", r.shown(a)), text.Str("status", status(a.resp)), text.Str("want", s.Status.String()))
}

func (c *Check) judgeContent(r *run, s *step, a answer) finding {
	bad := finding{state: checks.Critical, reason: checks.ReasonContent}
	lacks := func(want string) finding {
		bad.summary = text.M("http.lacks", text.Str("url", r.shown(a)), text.Str("want", want))
		if a.more {
			bad.summary = text.M("http.lacks.cut", text.Str("url", r.shown(a)), text.Str("want", want), text.Bytes("limit", float64(c.cfg.MaxBody)))
		}
		return bad
	}
	switch {
	case s.Contains != "" && !bytes.Contains(a.body, []byte(s.Contains)):
		return lacks(s.Contains)
	case s.regexp != nil && !s.regexp.Match(a.body):
		return lacks(s.Regexp)
	case s.NotContains != "" && bytes.Contains(a.body, []byte(s.NotContains)):
		bad.summary = text.M("http.has", text.Str("url", r.shown(a)), text.Str("unwanted", s.NotContains))
		return bad
	case s.json == nil:
		return finding{}
	}
	got, err := s.json.find(a.body)
	if err != nil || s.JSONValue != "" && got != s.JSONValue {
		bad.summary = text.M("http.json", text.Str("url", r.shown(a)), text.Str("path", s.JSONPath), text.Str("got", jsonShown(got, err)), text.Str("want", s.JSONValue))
		return bad
	}
	return finding{}
}

// judgeSize compares the size of the body with its limits.
func (c *Check) judgeSize(r *run, s *step, a answer) finding {
	n := len(a.body)
	if n >= s.SizeMin && (s.SizeMax == 0 || n <= s.SizeMax && !a.more) {
		return finding{}
	}
	return finding{checks.Critical, checks.ReasonContent, text.M("http.size", text.Str("url", r.shown(a)), text.Bytes("size", float64(n)),
		text.Bytes("min", float64(s.SizeMin)), text.Bytes("max", float64(s.SizeMax)))}
}

// certLeft is how long the first certificate of the chain to end is valid.
func (c *Check) certLeft(a answer) (time.Duration, time.Time, bool) {
	if a.resp.TLS == nil || len(a.resp.TLS.PeerCertificates) == 0 {
		return 0, time.Time{}, false
	}
	until := a.resp.TLS.PeerCertificates[0].NotAfter
	for _, cert := range a.resp.TLS.PeerCertificates[1:] {
		if cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	return until.Sub(c.now()), until, true
}

const day = 24 * time.Hour

func (c *Check) judgeCert(r *run, a answer) finding {
	left, until, ok := c.certLeft(a)
	if !ok {
		return finding{}
	}
	f := finding{reason: checks.ReasonTLS, summary: text.M("http.cert", text.Str("url", r.shown(a)), text.Dur("left", left), text.Time("until", until))}
	switch {
	case c.cfg.CertCritical > 0 && left <= time.Duration(c.cfg.CertCritical)*day:
		f.state = checks.Critical
	case c.cfg.CertWarning > 0 && left <= time.Duration(c.cfg.CertWarning)*day:
		f.state = checks.Warning
	}
	return f
}

// evidence is the status line and the beginning of the body. Headers stay out:
// they may set cookies.
func evidence(resp *http.Response, body []byte) []byte {
	e := append([]byte(resp.Proto+" "+status(resp)+"\n\n"), body[:min(len(body), checks.EvidenceLimit)]...)
	return e[:min(len(e), checks.EvidenceLimit)]
}

// status is the status with the server's own words for it, cut to what fits a
// sentence: a peer may send 64 KiB of them.
func status(resp *http.Response) string {
	return strings.ToValidUTF8(resp.Status[:min(len(resp.Status), 80)], "?")
}
