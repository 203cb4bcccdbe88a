// Package tcp connects to a TCP port, with TLS if wanted, sends something, and
// waits for the expected words (RFC 9293; TLS RFC 8446).
//
// OK: connected, and the expected text came. WARNING and CRITICAL by time:
// beyond the limits. CRITICAL: no address (dns), refused or no route (connect),
// handshake or certificate (tls), silence (timeout, in the last phase), other
// words than expected (content). UNKNOWN: this machine could not ask.
//
// No rights are needed.
package tcp
