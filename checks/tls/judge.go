package tls

import (
	"crypto/tls"
	"fmt"
	"time"

	"monitord/checks"
	"monitord/checks/internal/dialogue"
	"monitord/internal/text"
)

const day = 24 * time.Hour

// judge makes the result of a handshake that succeeded.
func (c *Check) judge(peer string, seen tls.ConnectionState, phases []checks.Phase, took time.Duration) checks.Result {
	first := dialogue.Earliest(seen.PeerCertificates)
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

// describe is the agreement and the chain as evidence.
func describe(seen tls.ConnectionState) []byte {
	e := fmt.Appendf(nil, "%s, %s\n", tls.VersionName(seen.Version), tls.CipherSuiteName(seen.CipherSuite))
	e = append(e, dialogue.DescribeChain(seen.PeerCertificates)...)
	return e[:min(len(e), checks.EvidenceLimit)]
}
