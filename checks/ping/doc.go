// Package ping sends ICMP echo requests (RFC 792; ICMPv6 RFC 4443 section 4)
// and judges the round-trip time and the share of lost replies.
//
// It needs CAP_NET_RAW, or else unprivileged ping sockets (Linux,
// net.ipv4.ping_group_range): internal/icmp, whose Shared serves all ping checks
// of a process through one socket.
//
// OK: enough replies, fast enough. WARNING, CRITICAL: beyond the limits of time
// (threshold) or loss (threshold; timeout when no reply came at all), no route
// (connect), no address (dns). UNKNOWN: neither socket is permitted
// (permission), or this machine cannot send (internal).
package ping
