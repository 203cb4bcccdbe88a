package inventory

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNameBytes is what a DNS name may have (RFC 1035 section 2.3.4).
const maxNameBytes = 253

// ValidName checks the name of a host or check: letters of any script, digits,
// '.', '-' and '_'. So it may stand in a path, a label, a service's name and a
// PromQL string as it is.
func ValidName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("the name is empty")
	case len(name) > maxNameBytes:
		return fmt.Errorf("the name is too long (got %d bytes; want at most %d)", len(name), maxNameBytes)
	case name == "." || name == "..":
		return fmt.Errorf("the name is %q, which is a directory", name)
	case !utf8.ValidString(name):
		return fmt.Errorf("the name is not UTF-8")
	}
	for _, r := range name {
		if !unicode.In(r, unicode.L, unicode.N, unicode.M) && !strings.ContainsRune(".-_", r) {
			return fmt.Errorf("the name holds %q (got %q; want letters, digits, '.', '-' and '_')", r, name)
		}
	}
	return nil
}

// validGroup checks a path of names, such as tokyo/web.
func validGroup(path string) error {
	for part := range strings.SplitSeq(path, "/") {
		if err := ValidName(part); err != nil {
			return fmt.Errorf("group path %q: %w", path, err)
		}
	}
	return nil
}

// validAddress checks an IP address or DNS name, without a port.
func validAddress(address string) error {
	if _, err := netip.ParseAddr(address); err == nil {
		return nil
	}
	if strings.ContainsRune(address, ':') || ValidName(address) != nil || strings.HasPrefix(address, "-") {
		return fmt.Errorf("not an address (got %q; want an IP address or a DNS name, without a port)", address)
	}
	return nil
}

// groupChain lists the groups that a path lies in, from the top: tokyo, tokyo/web.
func groupChain(path string) []string {
	var out []string
	for i, r := range path {
		if r == '/' {
			out = append(out, path[:i])
		}
	}
	return append(out, path)
}
