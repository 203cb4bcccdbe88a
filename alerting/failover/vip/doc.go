// Package vip takes a virtual address onto an interface of this machine and
// tells the neighbours, or gives it up.
//
// Sources: RFC 826 (ARP), RFC 5227 (IPv4 address conflict detection: probes with
// sender address 0.0.0.0, section 2.1; announcements, section 2.3), RFC 4861
// (neighbour discovery: unsolicited advertisements, section 7.2.6), RFC 4862
// (duplicate address detection, section 5.4), packet(7), ip-address(8).
//
// Before the address is taken, the wire is asked whether somebody answers for
// it; then it is never taken. RFC 5227 waits 5 to 7 seconds for that, we one: an
// outage counts in seconds, and who has the address in earnest answers within a
// millisecond. Announcements go out five times, as request and as reply, because
// neighbours differ in which they believe.
//
// Rights needed: CAP_NET_RAW to ask and to announce, CAP_NET_ADMIN to change the
// interface.
package vip
