// Package gateway asks whether the gateway of this machine answers: the proof
// that it still reaches its network, and so whether a silent peer is the peer's
// fault or ours.
//
// The gateway is the default route's of the lowest metric in /proc/net/route
// (proc(5)), read at each run, or a configured address. It is asked by ICMP echo
// (internal/icmp), and when that is silent by ARP (RFC 826): a router may drop
// pings, but on a network that works it answers who has its address, because
// otherwise nobody could send anything through it. ARP is for IPv4 and asks only
// on the link itself.
//
// OK: it answered, by either. CRITICAL: no default route, or no route to the
// gateway (connect), no answer (timeout). UNKNOWN: neither socket is permitted
// (permission), or this machine cannot send (internal).
//
// It needs CAP_NET_RAW; without it unprivileged ping sockets are used where
// net.ipv4.ping_group_range allows them, and there is no ARP. The check is about
// the machine it runs on: let the host's probe run it.
package gateway
