package tls

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

var errNoCertificate = errors.New("the peer sent no certificate")

// verify is what crypto/tls does by itself when it is not told to leave it to us.
func (c *Check) verify(state tls.ConnectionState, conf *tls.Config) error {
	if len(state.PeerCertificates) == 0 {
		return errNoCertificate
	}
	opts := x509.VerifyOptions{Roots: conf.RootCAs, CurrentTime: c.now(), DNSName: conf.ServerName, Intermediates: x509.NewCertPool()}
	for _, cert := range state.PeerCertificates[1:] {
		opts.Intermediates.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(opts)
	return err
}

const day = 24 * time.Hour

// judge makes the result of a handshake that succeeded.
func (c *Check) judge(peer string, seen tls.ConnectionState, phases []checks.Phase, took time.Duration) checks.Result {
	first := earliest(seen.PeerCertificates)
	left := first.Sub(c.now())
	r := checks.Result{
		Phases: phases,
		Perf: []checks.Perf{
			{Label: "time", Value: took.Seconds(), Unit: checks.UnitSeconds, Warn: c.cfg.Warning.AsRange(), Crit: c.cfg.Critical.AsRange()},
			{Label: "cert_left", Value: left.Seconds(), Unit: checks.UnitSeconds},
		},
		Summary: text.M("tls.ok", text.Str("peer", peer), text.Str("version", tls.VersionName(seen.Version)), text.Dur("left", left)),
	}
	worse := func(state checks.State, reason checks.Reason, summary text.Message) {
		if state.Worse(r.State) {
			r.State, r.Reason, r.Summary = state, reason, summary
		}
	}
	if seen.Version < version(c.cfg.MinVersion) {
		worse(checks.Critical, checks.ReasonTLS, text.M("tls.old", text.Str("peer", peer), text.Str("version", tls.VersionName(seen.Version)), text.Str("want", "TLS "+c.cfg.MinVersion)))
	}
	worse(c.judgeLeft(left), checks.ReasonTLS, text.M("tls.cert", text.Str("peer", peer), text.Dur("left", left), text.Time("until", first)))
	worse(checks.Judge(took.Seconds(), c.cfg.Warning, c.cfg.Critical), checks.ReasonThreshold, text.M("tls.slow", text.Str("peer", peer), text.Dur("took", took)))
	if r.State != checks.OK {
		r.Evidence = describe(seen)
	}
	return r
}

func (c *Check) judgeLeft(left time.Duration) checks.State {
	switch {
	case c.cfg.CertCritical > 0 && left <= time.Duration(c.cfg.CertCritical)*day:
		return checks.Critical
	case c.cfg.CertWarning > 0 && left <= time.Duration(c.cfg.CertWarning)*day:
		return checks.Warning
	}
	return checks.OK
}

func earliest(chain []*x509.Certificate) (until time.Time) {
	for _, cert := range chain {
		if until.IsZero() || cert.NotAfter.Before(until) {
			until = cert.NotAfter
		}
	}
	return until
}

// describe is the chain as evidence: what an operator would ask openssl for.
func describe(seen tls.ConnectionState) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s\n", tls.VersionName(seen.Version), tls.CipherSuiteName(seen.CipherSuite))
	for i, cert := range seen.PeerCertificates {
		fmt.Fprintf(&b, "\n%d subject: %s\n  issuer: %s\n  valid: %s to %s\n", i, printable(cert.Subject.String()), printable(cert.Issuer.String()),
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
