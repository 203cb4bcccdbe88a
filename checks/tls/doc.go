// Package tls asks a service for its certificates (RFC 8446, RFC 5280, RFC 6125):
// at once, or after STARTTLS in the words of SMTP, POP3, IMAP, FTP or NNTP.
//
// OK: the handshake succeeded, the chain leads to a trusted authority, bears the
// name, and is valid for longer than the limits. WARNING and CRITICAL by the days
// left of the certificate of the chain that ends first, and by time. CRITICAL: no
// address (dns), refused or no route (connect), handshake, authority, name, dates
// or an old version of TLS (tls), silence (timeout, in the last phase), no
// STARTTLS (tls) or other words before it (status, protocol). UNKNOWN: this machine
// could not ask.
//
// The evidence is the chain as it was presented, also when it is refused.
// No rights are needed.
package tls
