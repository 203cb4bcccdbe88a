package syslog

import (
	"net/netip"
	"slices"
	"strings"
)

// Host is a host that messages may belong to.
type Host struct {
	Name string
	// Address is as the inventory has it: an IP address or a DNS name.
	Address string
	// IPs are the addresses of a DNS name, when somebody looked them up.
	IPs []netip.Addr
}

// Directory finds hosts by address and by name. It never changes.
type Directory struct {
	byIP   map[netip.Addr][]string // names, sorted
	byName map[string]string       // lower case; "" where two hosts have the name
}

// NewDirectory lists hosts. A host is found by its name, by the DNS name that is
// its address, and by the first label of either, as long as no other has it.
func NewDirectory(hosts []Host) *Directory {
	d := &Directory{byIP: map[netip.Addr][]string{}, byName: map[string]string{}}
	for _, h := range hosts {
		ips := h.IPs
		if ip, err := netip.ParseAddr(h.Address); err == nil {
			ips = append(slices.Clone(ips), ip)
		}
		for _, ip := range ips {
			ip = ip.Unmap()
			if at, found := slices.BinarySearch(d.byIP[ip], h.Name); !found {
				d.byIP[ip] = slices.Insert(d.byIP[ip], at, h.Name)
			}
		}
	}
	// Whole names first: a first label never hides one.
	for _, h := range hosts {
		d.byName[strings.ToLower(h.Name)] = h.Name
	}
	for _, labels := range []bool{false, true} {
		add := map[string]string{}
		for _, h := range hosts {
			for _, alias := range aliases(h, labels) {
				if other, taken := add[alias]; taken && other != h.Name {
					add[alias] = ""
				} else {
					add[alias] = h.Name
				}
			}
		}
		for alias, name := range add {
			if _, known := d.byName[alias]; !known {
				d.byName[alias] = name
			}
		}
	}
	return d
}

// aliases are the DNS name of a host's address, or first labels.
func aliases(h Host, labels bool) []string {
	var names []string
	if _, err := netip.ParseAddr(h.Address); err != nil && h.Address != "" {
		names = append(names, strings.ToLower(h.Address))
	}
	if !labels {
		return names
	}
	first := []string{}
	for _, n := range append(names, strings.ToLower(h.Name)) {
		if _, err := netip.ParseAddr(n); err == nil {
			continue
		}
		label, _, _ := strings.Cut(n, ".")
		first = append(first, label)
	}
	return first
}

// ByAddress are the names of the hosts that have an address, sorted.
func (d *Directory) ByAddress(ip netip.Addr) []string { return d.byIP[ip.Unmap()] }

// byWord finds a host by what stands in a message or certificate: a name, with or
// without a domain, or an address.
func (d *Directory) byWord(word string) (string, bool) {
	if word == "" {
		return "", false
	}
	if ip, err := netip.ParseAddr(strings.Trim(word, "[]")); err == nil {
		if names := d.byIP[ip.Unmap()]; len(names) == 1 {
			return names[0], true
		}
	}
	word = strings.ToLower(strings.TrimSuffix(word, "."))
	if name := d.byName[word]; name != "" {
		return name, true
	}
	label, _, dotted := strings.Cut(word, ".")
	name := d.byName[label]
	return name, dotted && name != "" && !strings.Contains(name, ".")
}

// sender is who is at the other end.
type sender struct {
	kind  kind
	ip    netip.Addr
	names []string // that a client certificate proved; nil: none
}

// owner decides whose a message is. A relay's belong to whom they name. Else the
// certificate decides, else the address, which proves nothing; where several hosts
// share the address, the name in the message chooses among them.
func (p *policy) owner(d *Directory, s *sender, written string) (name string, known bool) {
	if written != "" && p.relay(s.ip, s.names) {
		if name, ok := d.byWord(written); ok {
			return name, true
		}
		return s.ip.String(), false
	}
	for _, n := range s.names {
		if name, ok := d.byWord(n); ok {
			return name, true
		}
	}
	if s.names != nil {
		return s.ip.String(), false
	}
	candidates := d.byIP[s.ip]
	if len(candidates) == 0 {
		return s.ip.String(), false
	}
	if name, ok := d.byWord(written); ok && slices.Contains(candidates, name) {
		return name, true
	}
	return candidates[0], true
}
