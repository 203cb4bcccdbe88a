package lvs

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// entry is one real server of a virtual service.
type entry struct {
	At     netip.AddrPort `json:"at"`
	Weight int            `json:"weight"`
	// Flags are its other options as ipvsadm takes them: -g, -i, -m and those of
	// a tunnel.
	Flags []string `json:"flags"`
	Upper int      `json:"upper,omitempty"` // connections; 0: no limit
	Lower int      `json:"lower,omitempty"`
}

// args are all options of the real server, with a weight.
func (e entry) args(weight int) []string {
	args := append([]string{"-r", e.At.String()}, e.Flags...)
	args = append(args, "-w", strconv.Itoa(weight))
	if e.Upper != 0 || e.Lower != 0 {
		args = append(args, "-x", strconv.Itoa(e.Upper), "-y", strconv.Itoa(e.Lower))
	}
	return args
}

// table is a virtual service as the kernel has it.
type table struct {
	found   bool // there is such a service
	entries []entry
}

// parseRules reads the service out of what `ipvsadm -Sn` prints: one line for a
// service (-A) and for each of its servers (-a).
func parseRules(out []byte, want Service) (table, error) {
	var t table
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 {
			continue
		}
		if s, ok := serviceOfFlag(fields[1], fields[2]); !ok || s != want {
			continue
		}
		switch fields[0] {
		case "-A":
			t.found = true
		case "-a":
			e, err := parseEntry(fields[3:])
			if err != nil {
				return table{}, fmt.Errorf("line %.120q of ipvsadm -Sn: %w", lines.Text(), err)
			}
			t.entries = append(t.entries, e)
		}
	}
	return t, lines.Err()
}

func serviceOfFlag(flag, at string) (Service, bool) {
	for protocol, f := range serviceFlags {
		if f == flag {
			return serviceOf(protocol, at)
		}
	}
	return Service{}, false
}

// safeFlags are the options of a real server that we may repeat, and whether
// each has a value.
var safeFlags = map[string]bool{
	"-g": false, "-i": false, "-m": false,
	"--tun-type": true, "--tun-port": true, "--tun-nocsum": false, "--tun-csum": false, "--tun-remcsum": false,
}

func parseEntry(fields []string) (entry, error) {
	var e entry
	weighed := false
	for i := 0; i < len(fields); i++ {
		name, val := fields[i], ""
		hasValue, flag := safeFlags[name]
		if hasValue || name == "-r" || name == "-w" || name == "-x" || name == "-y" {
			if i++; i == len(fields) {
				return e, fmt.Errorf("%s has no value", name)
			}
			val = fields[i]
		}
		var err error
		switch {
		case name == "-r":
			e.At, err = netip.ParseAddrPort(val)
			e.At = plain(e.At)
		case name == "-w":
			e.Weight, err = number(val)
			weighed = true
		case name == "-x":
			e.Upper, err = number(val)
		case name == "-y":
			e.Lower, err = number(val)
		case hasValue:
			e.Flags = append(e.Flags, name, val)
		case flag:
			e.Flags = append(e.Flags, name)
		default:
			err = fmt.Errorf("the option %s is not known here", name)
		}
		if err != nil {
			return e, err
		}
	}
	if !e.At.IsValid() || !weighed || len(e.Flags) == 0 {
		return e, fmt.Errorf("no address, weight or way of forwarding")
	}
	return e, nil
}

// number reads what the kernel holds in 31 bits.
func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}

var protocols = map[string]string{"TCP": "tcp", "UDP": "udp", "SCTP": "sctp", "FWM": "fwmark"}

// addThresholds fills in the limits from what `ipvsadm -Ln --thresholds` prints:
// a line for a service, and lines "-> address:port upper lower active inactive".
// A server that is not there is an error: without its limits we would lift them.
func (t *table) addThresholds(out []byte, want Service) error {
	seen := map[netip.AddrPort]bool{}
	ours := false
	lines := bufio.NewScanner(bytes.NewReader(out))
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		switch {
		case len(fields) >= 2 && protocols[fields[0]] != "":
			s, ok := serviceOf(protocols[fields[0]], fields[1])
			ours = ok && s == want
		case ours && len(fields) >= 4 && fields[0] == "->":
			at, err := netip.ParseAddrPort(fields[1])
			i := slices.IndexFunc(t.entries, func(e entry) bool { return e.At == plain(at) })
			if err != nil || i < 0 {
				continue // came between the two readings
			}
			upper, err1 := number(fields[2])
			lower, err2 := number(fields[3])
			if err1 != nil || err2 != nil {
				return fmt.Errorf("line %.120q of ipvsadm -Ln --thresholds has no limits", lines.Text())
			}
			t.entries[i].Upper, t.entries[i].Lower = upper, lower
			seen[t.entries[i].At] = true
		}
	}
	for _, e := range t.entries {
		if !seen[e.At] {
			return fmt.Errorf("ipvsadm -Ln --thresholds does not show real server %s", e.At)
		}
	}
	return lines.Err()
}

// with are the entries that are meant.
func (t table) with(r Real) []entry {
	var out []entry
	for _, e := range t.entries {
		if r.is(e.At) {
			out = append(out, e)
		}
	}
	return out
}

// at is the entry with an address; false when there is none.
func (t table) at(at netip.AddrPort) (entry, bool) {
	i := slices.IndexFunc(t.entries, func(e entry) bool { return e.At == at })
	if i < 0 {
		return entry{}, false
	}
	return t.entries[i], true
}

// serving are the entries that get connections, without the fallback and those
// that are meant to go.
func (t table) serving(fallback *Real, without ...entry) int {
	n := 0
	for _, e := range t.entries {
		gone := slices.ContainsFunc(without, func(w entry) bool { return w.At == e.At })
		if e.Weight > 0 && !gone && (fallback == nil || !fallback.is(e.At)) {
			n++
		}
	}
	return n
}
