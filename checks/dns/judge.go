package dns

import (
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

func junk(peer string) text.Message { return text.M("check.junk", text.Str("peer", peer)) }

// judge holds an answer against what is wanted; nil when all is well.
func (c *Check) judge(m *mdns.Msg, peer string) error {
	bad := func(reason checks.Reason, summary text.Message) error {
		return &netdial.Verdict{Reason: reason, Summary: summary}
	}
	who, name := text.Str("peer", peer), text.Str("name", c.cfg.Name)
	if got := rcode(m.Rcode); !strings.EqualFold(got, c.cfg.RCode) {
		return bad(checks.ReasonStatus, text.M("dns.rcode", who, name, text.Str("got", got), text.Str("want", strings.ToUpper(c.cfg.RCode))))
	}
	if c.cfg.Authoritative && !m.Authoritative {
		return bad(checks.ReasonContent, text.M("dns.not_authoritative", who, name))
	}
	if c.cfg.DNSSEC && !m.AuthenticatedData {
		return bad(checks.ReasonContent, text.M("dns.not_validated", who, name))
	}
	qtype := c.question().Qtype
	found := values(m, qtype)
	if m.Rcode == mdns.RcodeSuccess && len(found) == 0 {
		return bad(checks.ReasonContent, text.M("dns.empty", who, name, text.Str("record", strings.ToUpper(c.cfg.Record))))
	}
	for _, want := range c.cfg.Expect {
		if !slices.ContainsFunc(found, func(got string) bool { return sameValue(got, want) }) {
			return bad(checks.ReasonContent, text.M("dns.lacks", who, name, text.Str("want", want), text.Str("got", brief(m, qtype))))
		}
	}
	for _, got := range found {
		if c.cfg.ExpectOnly && !slices.ContainsFunc(c.cfg.Expect, func(want string) bool { return sameValue(got, want) }) {
			return bad(checks.ReasonContent, text.M("dns.unexpected", who, name, text.Str("got", got)))
		}
	}
	return nil
}

// rcode is a response code's name, or its number.
func rcode(n int) string {
	if s, ok := mdns.RcodeToString[n]; ok {
		return s
	}
	return "RCODE" + itoa(n)
}

// values are the data of the answers of the asked type (every one for ANY), as
// zone files write them.
func values(m *mdns.Msg, qtype uint16) []string {
	var out []string
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Rrtype == qtype || qtype == mdns.TypeANY {
			out = append(out, strings.TrimSpace(strings.TrimPrefix(rr.String(), h.String())))
		}
	}
	return out
}

// sameValue compares data without regard to case, the dot at a name's end and
// the quotes of a text, so that people may write what they mean.
func sameValue(got, want string) bool {
	plain := func(s string) string {
		return strings.TrimSuffix(strings.ReplaceAll(strings.Join(strings.Fields(s), " "), `"`, ""), ".")
	}
	return strings.EqualFold(plain(got), plain(want))
}

// maxBrief bounds the answers in a sentence, in bytes.
const maxBrief = 120

// brief is the answers in one line.
func brief(m *mdns.Msg, qtype uint16) string {
	found := values(m, qtype)
	if len(found) == 0 {
		return rcode(m.Rcode)
	}
	s := strings.Join(found, ", ")
	if len(s) > maxBrief {
		s = strings.ToValidUTF8(s[:maxBrief], "") + "…"
	}
	return s
}
