// Package sip asks a telephone server or proxy for its abilities (OPTIONS, RFC
// 3261 section 11) over UDP, TCP or TLS, as gateways do to find out whether a
// peer is alive, and judges the status of its final answer.
//
// OK: a wanted status. WARNING and CRITICAL by time: beyond the limits.
// CRITICAL: no address (dns), refused or no route (connect), handshake or
// certificate (tls), silence or provisional answers only (timeout, in the last
// phase), another status (status; 401, 403 and 407 are auth), no SIP (protocol).
// UNKNOWN: this machine could not ask.
//
// No call is made, nobody's telephone rings, and no rights are needed.
package sip
