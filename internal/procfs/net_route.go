package procfs

import (
	"encoding/binary"
	"net/netip"
)

// Route is one line of /proc/net/route: the IPv4 routes of this network
// namespace. Source: proc(5); linux/route.h for the flags.
type Route struct {
	Iface       string
	Destination netip.Prefix // 0.0.0.0/0 is the default route
	Gateway     netip.Addr   // 0.0.0.0 when the destination is on the link
	Flags       uint64       // RTF_ bits
	Metric      uint64       // the lower wins
}

// The bits of Route.Flags that we look at.
const (
	RouteUp      = 0x1 // RTF_UP
	RouteGateway = 0x2 // RTF_GATEWAY
)

// ParseRoutes reads /proc/net/route. Lines that it does not understand, the
// heading among them, are passed over.
func ParseRoutes(b []byte) []Route {
	var out []Route
	for len(b) > 0 {
		var line []byte
		line, b = cutLine(b)
		if r, ok := parseRoute(line); ok {
			out = append(out, r)
		}
	}
	return out
}

func parseRoute(line []byte) (Route, bool) {
	var fields [8][]byte // Iface Destination Gateway Flags RefCnt Use Metric Mask
	for i := range fields {
		if fields[i], line = cutField(line); len(fields[i]) == 0 {
			return Route{}, false
		}
	}
	dst, ok1 := hexAddr(fields[1])
	gateway, ok2 := hexAddr(fields[2])
	mask, ok3 := hexAddr(fields[7])
	flags, ok4 := parseHex(fields[3])
	metric, rest, ok5 := cutUint(fields[6])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || len(rest) > 0 {
		return Route{}, false
	}
	bits, ok := maskBits(mask)
	if !ok {
		return Route{}, false
	}
	prefix := netip.PrefixFrom(dst, bits)
	return Route{Iface: string(fields[0]), Destination: prefix, Gateway: gateway, Flags: flags, Metric: metric}, true
}

// hexAddr reads an address that the kernel printed as a number in its own byte
// order: 010200C0 is 192.0.2.1 where the low byte comes first.
func hexAddr(b []byte) (netip.Addr, bool) {
	v, ok := parseHex(b)
	if !ok || len(b) != 8 {
		return netip.Addr{}, false
	}
	var a [4]byte
	binary.NativeEndian.PutUint32(a[:], uint32(v))
	return netip.AddrFrom4(a), true
}

// maskBits is the length of a netmask's run of ones.
func maskBits(mask netip.Addr) (int, bool) {
	a := mask.As4()
	v := binary.BigEndian.Uint32(a[:])
	bits := 0
	for v&(1<<31) != 0 {
		bits, v = bits+1, v<<1
	}
	return bits, v == 0
}

// DefaultGateway is the gateway of the default route of the lowest metric; the
// first of equals. It passes over routes that are down or have no gateway. An
// iface that is not empty must be the route's.
func DefaultGateway(routes []Route, iface string) (Route, bool) {
	var best Route
	found := false
	for _, r := range routes {
		usable := r.Destination.Bits() == 0 && r.Flags&RouteUp != 0 && r.Flags&RouteGateway != 0 && (iface == "" || r.Iface == iface)
		if usable && (!found || r.Metric < best.Metric) {
			best, found = r, true
		}
	}
	return best, found
}
