package dns

import (
	"context"
	"net"
	"strconv"

	mdns "github.com/miekg/dns"

	"monitord/checks"
	"monitord/checks/internal/netdial"
	"monitord/internal/text"
)

func itoa(n int) string { return strconv.Itoa(n) }

// servers are the SOA serials found, in the order of asking.
type servers struct {
	peers   []string
	serials []uint32
}

func (s *servers) first() uint32 {
	if len(s.serials) == 0 {
		return 0
	}
	return s.serials[0]
}

// compare asks the further servers one after the other and compares their
// serials with the target's. It returns the answer that decided.
func (c *Check) compare(ctx context.Context, phases *netdial.Phases, s *servers, first answer) (answer, error) {
	s.serials = append(s.serials, serial(first.msg))
	for _, server := range c.cfg.SameSerial {
		host, port, err := splitServer(server)
		if err != nil {
			return first, err
		}
		// One phase for each further server: their own phases would make it
		// unclear whose dns or query hung, and the peer is in the sentence.
		phases.Begin(phaseSerial)
		peer := net.JoinHostPort(host, itoa(port))
		var own netdial.Phases
		a, err := c.ask(ctx, &own, host, port, peer)
		if err == nil {
			err = c.judge(a.msg, peer)
		}
		if err != nil {
			return a, err
		}
		phases.End()
		s.peers, s.serials = append(s.peers, peer), append(s.serials, serial(a.msg))
		if got := serial(a.msg); got != s.first() {
			return a, &netdial.Verdict{Reason: checks.ReasonContent, Summary: text.M("dns.serial",
				text.Str("name", c.cfg.Name), text.Str("one", s.peers[0]), text.Str("one_serial", strconv.FormatUint(uint64(s.first()), 10)),
				text.Str("other", peer), text.Str("other_serial", strconv.FormatUint(uint64(got), 10)))}
		}
	}
	return first, nil
}

// serial is the SOA serial of an answer; judge has made sure that there is one.
func serial(m *mdns.Msg) uint32 {
	for _, rr := range m.Answer {
		if soa, ok := rr.(*mdns.SOA); ok {
			return soa.Serial
		}
	}
	return 0
}
