package dns

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	mdns "github.com/miekg/dns"

	"monitord/alerting/failover"
)

// zoneView is what the primary says about the zone at one moment.
type zoneView struct {
	serial        uint32
	authoritative bool
	set           []mdns.RR // the whole record set of the name; may be empty
}

// look asks for the SOA and for the record set.
func (a *Action) look(ctx context.Context, c *conn) (zoneView, error) {
	soa, err := c.ask(ctx, a.zone, mdns.TypeSOA)
	if err != nil {
		return zoneView{}, err
	}
	v := zoneView{authoritative: soa.Authoritative}
	found := false
	for _, rr := range soa.Answer {
		if s, ok := rr.(*mdns.SOA); ok && mdns.CanonicalName(s.Hdr.Name) == a.zone {
			v.serial, found = s.Serial, true
		}
	}
	v.authoritative = v.authoritative && found
	answer, err := c.ask(ctx, a.name, a.qtype)
	if err != nil {
		return zoneView{}, err
	}
	v.set, err = setOf(answer, a.name, a.qtype)
	if err != nil {
		return zoneView{}, fmt.Errorf("name server %s: %w", c.server, err)
	}
	return v, nil
}

// ask asks one question. A question changes nothing: no answer is no Unknown.
func (c *conn) ask(ctx context.Context, name string, qtype uint16) (*mdns.Msg, error) {
	m := new(mdns.Msg).SetQuestion(name, qtype)
	m.RecursionDesired = false
	answer, err := c.exchange(ctx, m)
	if err != nil {
		return nil, known(err)
	}
	return answer, nil
}

// setOf is the record set of name in an answer.
func setOf(answer *mdns.Msg, name string, qtype uint16) ([]mdns.RR, error) {
	var set []mdns.RR
	for _, rr := range answer.Answer {
		h := rr.Header()
		if mdns.CanonicalName(h.Name) != name || h.Class != mdns.ClassINET {
			continue
		}
		if h.Rrtype == mdns.TypeCNAME {
			return nil, fmt.Errorf("%s is an alias of %s (name that one)", name, rr.(*mdns.CNAME).Target)
		}
		if h.Rrtype == qtype {
			set = append(set, rr)
		}
	}
	return set, nil
}

// value is what a member is called: its address, or the target of an SRV record.
func value(rr mdns.RR) string {
	switch rr := rr.(type) {
	case *mdns.A:
		return canonical(rr.A.String())
	case *mdns.AAAA:
		return canonical(rr.AAAA.String())
	case *mdns.SRV:
		return canonical(rr.Target)
	}
	return ""
}

// canonical writes an address or a host name in one way only.
func canonical(s string) string {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return mdns.CanonicalName(s)
}

// with are the records of a set that have one of the values.
func with(set []mdns.RR, values []string) []mdns.RR {
	var out []mdns.RR
	for _, rr := range set {
		if slices.Contains(values, value(rr)) {
			out = append(out, rr)
		}
	}
	return out
}

// pool are the records that count.
func (a *Action) pool(set []mdns.RR) []mdns.RR {
	if len(a.members) == 0 {
		return set
	}
	return with(set, a.members)
}

// valuesOf is what the host of a request may be called in the zone: one value,
// or each address that its name has.
func (a *Action) valuesOf(ctx context.Context, r failover.Request) ([]string, error) {
	if v := a.config.Records[r.Service.Host]; v != "" {
		return []string{canonical(v)}, nil
	}
	addr, err := netip.ParseAddr(r.Address)
	addr = addr.Unmap()
	advice := fmt.Sprintf("name its record: records: {%s: …}", r.Service.Host)
	switch {
	case r.Address == "":
		return nil, fmt.Errorf("host %s has no address (%s)", r.Service.Host, advice)
	case a.qtype == mdns.TypeSRV && err == nil:
		return nil, fmt.Errorf("host %s has the address %s, and an SRV record has a host name (%s)", r.Service.Host, r.Address, advice)
	case a.qtype == mdns.TypeSRV:
		return []string{canonical(r.Address)}, nil
	case err != nil:
		return a.resolve(ctx, r, advice)
	case addr.Is4() != (a.qtype == mdns.TypeA):
		return nil, fmt.Errorf("host %s has the address %s, which no %s record can hold (%s)", r.Service.Host, r.Address, a.config.Type, advice)
	}
	return []string{canonical(r.Address)}, nil
}

func (a *Action) resolve(ctx context.Context, r failover.Request, advice string) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	network := map[uint16]string{mdns.TypeA: "ip4", mdns.TypeAAAA: "ip6"}[a.qtype]
	addrs, err := a.resolver.LookupNetIP(ctx, network, r.Address)
	if err != nil {
		return nil, fmt.Errorf("look up host %s: %w (give it an address in numbers, or %s)", r.Service.Host, err, advice)
	}
	var out []string
	for _, addr := range addrs {
		out = append(out, canonical(addr.String()))
	}
	return out, nil
}

// victim are the records of the pool that lead to the request's host; none when
// they are out already. A host whose name has several addresses of the pool may
// be the pool itself: that is refused.
func (a *Action) victim(ctx context.Context, r failover.Request, set []mdns.RR) ([]mdns.RR, error) {
	values, err := a.valuesOf(ctx, r)
	if err != nil {
		return nil, err
	}
	found := with(a.pool(set), values)
	distinct := map[string]bool{}
	for _, rr := range found {
		distinct[value(rr)] = true
	}
	if len(distinct) > 1 {
		return nil, fmt.Errorf("host %s (%s) has %d addresses of the pool, of which only one can be its own (name it: records: {%s: …})",
			r.Service.Host, r.Address, len(distinct), r.Service.Host)
	}
	return found, nil
}

// list is the values of records in one line.
func list(set []mdns.RR) string {
	var values []string
	for _, rr := range set {
		if v := strings.TrimSuffix(value(rr), "."); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return strings.Join(values, ", ")
}
