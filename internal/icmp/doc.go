// Package icmp sends ICMP echo requests (RFC 792; ICMPv6 RFC 4443 section 4).
//
// Direct opens a socket for each series of requests: a raw one where
// CAP_NET_RAW is held, else an unprivileged ping socket (Linux,
// net.ipv4.ping_group_range, which governs IPv6 too). Shared has one raw socket
// a family for all series of a process and moves up to 32 messages a system
// call: a process that pings thousands of hosts uses it.
package icmp
