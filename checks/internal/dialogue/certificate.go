package dialogue

import (
	"crypto/tls"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

const day = 24 * time.Hour

// certificate is what is judged of a chain: the certificate that ends first.
type certificate struct{ until time.Time }

func certificateOf(state tls.ConnectionState) certificate {
	var c certificate
	for _, cert := range state.PeerCertificates {
		if c.until.IsZero() || cert.NotAfter.Before(c.until) {
			c.until = cert.NotAfter
		}
	}
	return c
}

func (c certificate) known() bool { return !c.until.IsZero() }

func (c certificate) message(peer string, now time.Time) text.Message {
	return text.M("dialogue.cert", text.Str("peer", peer), text.Dur("left", c.until.Sub(now)), text.Time("until", c.until))
}

func (c certificate) perf(now time.Time) checks.Perf {
	return checks.Perf{Label: "cert_left", Value: c.until.Sub(now).Seconds(), Unit: checks.UnitSeconds}
}

// CertLimits are the days that a certificate must still be valid; 0 does not ask.
type CertLimits struct{ Warning, Critical int }

func (l CertLimits) judge(c certificate, now time.Time) checks.State {
	left := c.until.Sub(now)
	switch {
	case !c.known():
		return checks.OK
	case l.Critical > 0 && left <= time.Duration(l.Critical)*day:
		return checks.Critical
	case l.Warning > 0 && left <= time.Duration(l.Warning)*day:
		return checks.Warning
	}
	return checks.OK
}
