// Package udp sends one packet to a UDP port and waits for one that has the
// expected words (RFC 768).
//
// OK: the expected packet came. WARNING and CRITICAL by time: beyond the limits.
// CRITICAL: no address (dns), refused or no route (connect), silence (timeout,
// phase query), other words than expected (content). UNKNOWN: this machine
// could not ask.
//
// UDP has no connection: a port that takes packets and never answers cannot be
// told from a filtered one, so an answer is always expected. No rights are needed.
package udp
