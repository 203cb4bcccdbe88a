// Package http asks for one page over HTTP/1.1 as a browser's user would
// (RFC 9110, RFC 9112), on a new connection each run, and judges status,
// content, time and certificate; or for several in turn, with values captured
// from one answer and used in the next request, and cookies kept (RFC 6265).
//
// OK: all as wanted. WARNING: a limit of time or of the certificate's days, or
// a status named in warning_status. CRITICAL: no address (dns), refused
// (connect), handshake or certificate (tls), silence (timeout, in the last
// phase), another status (status), other content (content), no HTTP (protocol).
// UNKNOWN: this machine could not ask.
//
// At most max_body bytes are read; what lies beyond is unknown, and the
// sentence says so when the wanted words were not in the part that was read.
// No rights are needed.
package http
