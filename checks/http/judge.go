package http

import (
	"bytes"
	"errors"
	"net/http"
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

// judge makes the result: the worst finding, the first among equals.
func (c *Check) judge(r *run, a answer) checks.Result {
	worst := finding{summary: text.M("http.ok",
		text.Str("url", shown(a)), text.Str("status", status(a.resp)), text.Bytes("size", float64(len(a.body))), text.Dur("took", a.took))}
	for _, f := range []finding{c.judgeStatus(r, a), c.judgeContent(a), c.judgeCert(a), c.judgeTime(a)} {
		if f.state.Worse(worst.state) {
			worst = f
		}
	}
	result := checks.Result{
		State: worst.state, Reason: worst.reason, Summary: worst.summary,
		Perf: c.perf(a), Phases: r.phases.Seal(),
	}
	if result.State != checks.OK {
		result.Evidence = evidence(a.resp, a.body)
	}
	return result
}

// shown is the URL of the answer without a query: it may hold a key.
func shown(a answer) string {
	u := *a.resp.Request.URL
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

func (c *Check) judgeStatus(r *run, a answer) finding {
	code := a.resp.StatusCode
	switch {
	case r.redirect == errOtherHost:
		return finding{checks.Critical, checks.ReasonStatus, text.M("http.redirect.host", text.Str("url", shown(a)), text.Str("to", a.resp.Header.Get("Location")))}
	case r.redirect == errTooMany:
		return finding{checks.Critical, checks.ReasonStatus, text.M("http.redirect.many", text.Str("url", shown(a)), text.Int("limit", c.cfg.MaxRedirects))}
	case c.cfg.WarningStatus.Has(code):
		return finding{checks.Warning, checks.ReasonStatus, c.statusMessage(a)}
	case c.cfg.Status.Has(code):
		return finding{}
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		return finding{checks.Critical, checks.ReasonAuth, c.statusMessage(a)}
	}
	return finding{checks.Critical, checks.ReasonStatus, c.statusMessage(a)}
}

func (c *Check) statusMessage(a answer) text.Message {
	return text.M("http.status", text.Str("url", shown(a)), text.Str("status", status(a.resp)), text.Str("want", c.cfg.Status.String()))
}

func (c *Check) judgeContent(a answer) finding {
	bad := finding{state: checks.Critical, reason: checks.ReasonContent}
	lacks := func(want string) finding {
		bad.summary = text.M("http.lacks", text.Str("url", shown(a)), text.Str("want", want))
		if a.more {
			bad.summary = text.M("http.lacks.cut", text.Str("url", shown(a)), text.Str("want", want), text.Bytes("limit", float64(c.cfg.MaxBody)))
		}
		return bad
	}
	switch {
	case c.cfg.Contains != "" && !bytes.Contains(a.body, []byte(c.cfg.Contains)):
		return lacks(c.cfg.Contains)
	case c.regexp != nil && !c.regexp.Match(a.body):
		return lacks(c.cfg.Regexp)
	case c.cfg.NotContains != "" && bytes.Contains(a.body, []byte(c.cfg.NotContains)):
		bad.summary = text.M("http.has", text.Str("url", shown(a)), text.Str("unwanted", c.cfg.NotContains))
		return bad
	}
	return finding{}
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

func (c *Check) judgeCert(a answer) finding {
	left, until, ok := c.certLeft(a)
	if !ok {
		return finding{}
	}
	f := finding{reason: checks.ReasonTLS, summary: text.M("http.cert", text.Str("url", shown(a)), text.Dur("left", left), text.Time("until", until))}
	switch {
	case c.cfg.CertCritical > 0 && left <= time.Duration(c.cfg.CertCritical)*day:
		f.state = checks.Critical
	case c.cfg.CertWarning > 0 && left <= time.Duration(c.cfg.CertWarning)*day:
		f.state = checks.Warning
	}
	return f
}

func (c *Check) judgeTime(a answer) finding {
	return finding{
		state:  checks.Judge(a.took.Seconds(), c.cfg.Warning, c.cfg.Critical),
		reason: checks.ReasonThreshold, summary: text.M("http.slow", text.Str("url", shown(a)), text.Dur("took", a.took)),
	}
}

func (c *Check) perf(a answer) []checks.Perf {
	perf := []checks.Perf{
		{Label: "time", Value: a.took.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
		{Label: "size", Value: float64(len(a.body)), Unit: checks.UnitBytes},
		{Label: "status", Value: float64(a.resp.StatusCode)},
	}
	if left, _, ok := c.certLeft(a); ok {
		perf = append(perf, checks.Perf{Label: "cert_left", Value: left.Seconds(), Unit: checks.UnitSeconds})
	}
	return perf
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
