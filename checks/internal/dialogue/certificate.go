package dialogue

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"time"

	"monitord/checks"
	"monitord/internal/text"
)

const day = 24 * time.Hour

// certificate is what is judged of a chain: the certificate that ends first.
type certificate struct{ until time.Time }

func certificateOf(state tls.ConnectionState) certificate {
	return certificate{until: Earliest(state.PeerCertificates)}
}

// Earliest is when the first certificate of a chain ends; zero for no chain.
func Earliest(chain []*x509.Certificate) (until time.Time) {
	for _, cert := range chain {
		if until.IsZero() || cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	return until
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

// refusedChain is the chain for which a handshake was given up; nil when that
// was not the reason.
func refusedChain(err error) []*x509.Certificate {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.UnverifiedCertificates
	}
	return nil
}

// DescribeChain is a chain as evidence: what an operator would ask openssl for.
func DescribeChain(chain []*x509.Certificate) []byte {
	var b strings.Builder
	for i, cert := range chain {
		fmt.Fprintf(&b, "%d subject: %s\n  issuer: %s\n  valid: %s to %s\n", i, printable(cert.Subject.String()), printable(cert.Issuer.String()),
			cert.NotBefore.UTC().Format(time.RFC3339), cert.NotAfter.UTC().Format(time.RFC3339))
		if names := names(cert); names != "" {
			fmt.Fprintf(&b, "  names: %s\n", printable(names))
		}
		fmt.Fprintf(&b, "  sha256: %x\n", sha256.Sum256(cert.Raw))
		if b.Len() > checks.EvidenceLimit {
			break
		}
	}
	return []byte(b.String()[:min(b.Len(), checks.EvidenceLimit)])
}

func names(cert *x509.Certificate) string {
	all := append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		all = append(all, ip.String())
	}
	return strings.Join(all, ", ")
}

// printable keeps a certificate's own line breaks out of the evidence's lines.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s[:min(len(s), 500)], "?"))
}
