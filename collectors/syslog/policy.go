package syslog

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"monitord/internal/httpd"
	"monitord/internal/ratelimit"
)

// kind is one of the three receivers; its text is the label in metrics.
type kind string

const (
	udp      kind = "udp"
	tcp      kind = "tcp"
	overTLS  kind = "tls"
	maxRated      = 10_000 // sources with a rate of their own
)

// kinds are all receivers.
func kinds() []kind { return []kind{udp, tcp, overTLS} }

// policy is one configuration, worked out; it never changes.
type policy struct {
	cfg        Config
	from       map[kind][]netip.Prefix // nil: anybody, whose certificate is good
	relays     []netip.Prefix
	relayNames []string
	zone       *time.Location
	zones      []zoneOf // the longest prefix first
	tls        *tls.Config
	rate       *ratelimit.Limiter
}

type zoneOf struct {
	netip.Prefix
	*time.Location
}

// newPolicy reads the certificates of a valid configuration.
func newPolicy(c Config) (*policy, error) {
	p := &policy{cfg: c, from: map[kind][]netip.Prefix{}, rate: ratelimit.New(c.Rate, time.Second, maxRated)}
	var err error
	if p.zone, err = loadZone(c.Timezone); err != nil {
		return nil, fmt.Errorf("timezone: %w", err)
	}
	for network, name := range c.Timezones {
		prefix, err := parseNetwork(network)
		if err != nil {
			return nil, err
		}
		zone, err := loadZone(name)
		if err != nil {
			return nil, fmt.Errorf("timezones: %w", err)
		}
		p.zones = append(p.zones, zoneOf{prefix, zone})
	}
	slices.SortFunc(p.zones, func(a, b zoneOf) int { return b.Bits() - a.Bits() })
	for _, k := range kinds() {
		if p.from[k], err = senders(p.plain(k), k == overTLS && c.TLS.proves()); err != nil {
			return nil, err
		}
	}
	for _, r := range c.Relays {
		if prefix, err := parseNetwork(r); err == nil {
			p.relays = append(p.relays, prefix)
		} else {
			p.relayNames = append(p.relayNames, r)
		}
	}
	if c.TLS.Listen != "" {
		p.tls, err = serverTLS(c.TLS)
	}
	return p, err
}

// plain is what all three have in common.
func (p *policy) plain(k kind) PlainConfig {
	return map[kind]PlainConfig{udp: p.cfg.UDP, tcp: p.cfg.TCP, overTLS: p.cfg.TLS.PlainConfig}[k]
}

// senders are the networks that may send; without any it is this machine, or
// anybody where a certificate proves who it is.
func senders(c PlainConfig, proves bool) ([]netip.Prefix, error) {
	if len(c.From) == 0 && proves {
		return nil, nil
	}
	list := []netip.Prefix{}
	for _, text := range c.From {
		prefix, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		list = append(list, prefix)
	}
	if len(list) == 0 {
		list = append(list, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	}
	return list, nil
}

// allowed says whether an address may send.
func (p *policy) allowed(k kind, from netip.Addr) bool {
	list := p.from[k]
	return list == nil || within(list, from)
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(n netip.Prefix) bool { return n.Contains(a) })
}

// zoneFor is the zone of a sender.
func (p *policy) zoneFor(from netip.Addr) *time.Location {
	for _, z := range p.zones {
		if z.Contains(from) {
			return z.Location
		}
	}
	return p.zone
}

// relay says whether a sender may speak for others.
func (p *policy) relay(from netip.Addr, names []string) bool {
	return within(p.relays, from) || slices.ContainsFunc(names, func(n string) bool { return named(p.relayNames, n) })
}

// named says whether a name is in a list; *.example.net is every name with one more
// label.
func named(list []string, name string) bool {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for _, want := range list {
		want = strings.ToLower(want)
		if suffix, wild := strings.CutPrefix(want, "*"); wild {
			label, _, _ := strings.Cut(name, ".")
			if label != "" && label+suffix == name {
				return true
			}
		} else if want == name {
			return true
		}
	}
	return false
}

// serverTLS reads the certificate; one that is renewed on disk is used for the next
// connection.
func serverTLS(c TLSConfig) (*tls.Config, error) {
	t, err := httpd.ServerTLS(&httpd.Config{TLS: httpd.TLSConfig{CertFile: c.Cert, KeyFile: c.Key}}, nil)
	if err != nil {
		return nil, fmt.Errorf("syslog by TLS: %w", err)
	}
	if c.ClientCA == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.ClientCA)
	if err != nil {
		return nil, fmt.Errorf("syslog by TLS: client_ca: %w", err)
	}
	t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if c.ClientCert == CertOptional {
		t.ClientAuth = tls.VerifyClientCertIfGiven
	}
	if !t.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("syslog by TLS: client_ca: %s holds no certificate (want PEM)", c.ClientCA)
	}
	t.VerifyConnection = func(s tls.ConnectionState) error {
		if names := certNames(s); len(c.Names) > 0 && len(s.PeerCertificates) > 0 && !slices.ContainsFunc(names, func(n string) bool { return named(c.Names, n) }) {
			return fmt.Errorf("certificate of %s is not in names", strings.Join(names, ", "))
		}
		return nil
	}
	return t, nil
}

// certNames are the names of a sender that proved them: of its certificate's
// dNSName and iPAddress, else its common name (RFC 5425, 5.2).
func certNames(s tls.ConnectionState) []string {
	if len(s.VerifiedChains) == 0 || len(s.PeerCertificates) == 0 {
		return nil
	}
	cert := s.PeerCertificates[0]
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		names = append(names, cert.Subject.CommonName)
	}
	return names
}
