package discover

import (
	"bufio"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"

	"monitord/collectors/snmp"
)

// Target is one agent to ask.
type Target struct {
	Address   string
	Port      int
	Family    string    // as snmp.Device has it
	Community snmp.Word // "" is that of the options
	// Ranged says that it comes from a range: nothing need be there.
	Ranged bool
}

// MaxTargets bounds one run: a /16.
const MaxTargets = 1 << 16

// ParseTarget reads [COMMUNITY@]AGENT, where AGENT is what snmp.ParseAgent reads,
// a network (192.0.2.0/24), or a range (192.0.2.1-50, 192.0.2.1-192.0.2.50), both
// with :PORT behind if need be. A community may hold @: the last one counts.
func ParseTarget(s string) ([]Target, error) {
	var t Target
	agent := s
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		t.Community, agent = snmp.Word(s[:at]), s[at+1:]
		if t.Community == "" {
			return nil, fmt.Errorf("%q: want COMMUNITY before @", agent)
		}
	}
	if strings.ContainsAny(agent, " \t") {
		return nil, fmt.Errorf("%q: want one agent, such as COMMUNITY@HOST", agent)
	}
	first, last, port, ok, err := parseRange(agent)
	if err != nil {
		return nil, err
	}
	if !ok {
		t.Address, t.Port, t.Family, err = snmp.ParseAgent(agent)
		return []Target{t}, err
	}
	t.Port, t.Ranged = port, true
	var list []Target
	for a := first; a.IsValid() && a.Compare(last) <= 0; a = a.Next() {
		if len(list) >= MaxTargets {
			return nil, fmt.Errorf("%q: more than %d addresses: ask smaller ranges", agent, MaxTargets)
		}
		t.Address = a.String()
		list = append(list, t)
	}
	return list, nil
}

// parseRange reads a network or a range; ok is false when it is neither.
func parseRange(s string) (first, last netip.Addr, port int, ok bool, err error) {
	body, port := s, snmp.DefaultPort
	if at := strings.LastIndexByte(s, ':'); at >= 0 && strings.Count(s, ":") == 1 {
		if port, err = strconv.Atoi(s[at+1:]); err != nil || port < 1 || port > 65535 {
			return first, last, 0, false, nil // ParseAgent says what is wrong
		}
		body = s[:at]
	}
	if prefix, fault := netip.ParsePrefix(body); fault == nil {
		first, last = ends(prefix.Masked())
		return first, last, port, true, nil
	} else if strings.Contains(body, "/") {
		return first, last, 0, false, fmt.Errorf("%q: want a network such as 192.0.2.0/24", s)
	}
	from, to, cut := strings.Cut(body, "-")
	first, fault := netip.ParseAddr(from)
	if !cut || fault != nil {
		return first, last, 0, false, nil // a name may hold -
	}
	if n, fault := strconv.ParseUint(to, 10, 8); fault == nil && first.Is4() {
		octets := first.As4()
		octets[3] = byte(n)
		last = netip.AddrFrom4(octets)
	} else if last, fault = netip.ParseAddr(to); fault != nil {
		return first, last, 0, false, fmt.Errorf("%q: want a range such as 192.0.2.1-50", s)
	}
	if first.BitLen() != last.BitLen() || last.Less(first) {
		return first, last, 0, false, fmt.Errorf("%q: the range ends before it begins", s)
	}
	return first, last, port, true, nil
}

// ends are the first and last address of hosts of a network: of IPv4 without that
// of the network and the broadcast address.
func ends(p netip.Prefix) (first, last netip.Addr) {
	octets := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(octets)*8; bit++ {
		octets[bit/8] |= 0x80 >> (bit % 8)
	}
	first = p.Addr()
	last, _ = netip.AddrFromSlice(octets)
	if first.Is4() && p.Bits() < 31 {
		return first.Next(), last.Prev()
	}
	return first, last
}

// ReadTargets reads a file of targets: one a line, # begins a comment. Faults name
// the line, and never a community.
func ReadTargets(name string, r io.Reader) ([]Target, error) {
	var list []Target
	lines := bufio.NewScanner(io.LimitReader(r, 16<<20))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		some, err := ParseTarget(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if list = append(list, some...); len(list) > MaxTargets {
			return nil, fmt.Errorf("%s:%d: more than %d addresses", name, n, MaxTargets)
		}
	}
	return list, lines.Err()
}
