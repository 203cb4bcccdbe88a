package netdial

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"

	"monitord/checks"
)

// The names of the phases that every network check shares.
const (
	PhaseDNS     = "dns"
	PhaseConnect = "connect"
	PhaseTLS     = "tls"
)

// The names of phases that several kinds of check have.
const (
	PhaseGreeting = "greeting" // the server speaks first
	PhaseLogin    = "login"
	PhaseQuery    = "query" // from the question to the end of the answer
)

// Family says which addresses of a name are used.
type Family string

// The families; the zero value means FamilyAny.
const (
	FamilyAny Family = "any"
	FamilyIP4 Family = "ip4"
	FamilyIP6 Family = "ip6"
)

// Valid reports whether f is one of the families.
func (f Family) Valid() bool {
	return f == "" || f == FamilyAny || f == FamilyIP4 || f == FamilyIP6
}

// network is what net.Resolver.LookupNetIP calls the family.
func (f Family) network() string {
	if f == FamilyIP4 || f == FamilyIP6 {
		return string(f)
	}
	return "ip"
}

// errNoAddress says that a name or address has nothing in the wanted family.
var errNoAddress = errors.New("no address of the wanted family")

// Resolve finds the addresses of a name, or reads a literal address. The order
// is the resolver's.
func Resolve(ctx context.Context, r checks.Resolver, family Family, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		a = a.Unmap()
		if (family == FamilyIP4 && !a.Is4()) || (family == FamilyIP6 && !a.Is6()) {
			return nil, errNoAddress
		}
		return []netip.Addr{a}, nil
	}
	addrs, err := r.LookupNetIP(ctx, family.network(), host)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, errNoAddress
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, nil
}

// Dialer connects as a service's own user would: each address in turn.
type Dialer struct {
	Resolver checks.Resolver
	Dialer   checks.Dialer
	Family   Family
}

// Connect resolves host and opens a TCP connection to it. The phases dns (not
// for a literal address) and connect are left in p; connect is ended on success.
func (d Dialer) Connect(ctx context.Context, p *Phases, host string, port int) (net.Conn, error) {
	return d.connect(ctx, p, "tcp", host, port)
}

// ConnectUDP resolves host and opens a socket that hears that one peer only.
// The phases are those of Connect, but connect says no more than that there is
// a route: the peer is not asked yet.
func (d Dialer) ConnectUDP(ctx context.Context, p *Phases, host string, port int) (net.Conn, error) {
	return d.connect(ctx, p, "udp", host, port)
}

func (d Dialer) connect(ctx context.Context, p *Phases, network, host string, port int) (net.Conn, error) {
	if _, err := netip.ParseAddr(host); err != nil {
		p.Begin(PhaseDNS)
	}
	addrs, err := Resolve(ctx, d.Resolver, d.Family, host)
	if err != nil {
		return nil, &Error{Phase: PhaseDNS, Peer: host, Err: err}
	}
	p.Begin(PhaseConnect)
	peer := net.JoinHostPort(host, strconv.Itoa(port))
	for i, a := range addrs {
		conn, dialErr := d.one(ctx, network, netip.AddrPortFrom(a, uint16(port)), len(addrs)-i)
		if dialErr == nil {
			p.End()
			return conn, nil
		}
		err = dialErr
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &Error{Phase: PhaseConnect, Peer: peer, Err: err}
}

// one gives one of the addresses left its fair share of the time, so that a
// dead first address does not hide a living second one.
func (d Dialer) one(ctx context.Context, network string, to netip.AddrPort, left int) (net.Conn, error) {
	if end, ok := ctx.Deadline(); ok && left > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left))
		defer cancel()
	}
	return d.Dialer.DialContext(ctx, network, to.String())
}

// Handshake speaks TLS on conn; on failure conn is closed.
func Handshake(ctx context.Context, p *Phases, conn net.Conn, cfg *tls.Config, peer string) (*tls.Conn, error) {
	p.Begin(PhaseTLS)
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, &Error{Phase: PhaseTLS, Peer: peer, Err: err}
	}
	p.End()
	return secure, nil
}
