// Package ldap binds to a directory and searches it as an application would
// (RFC 4511; StartTLS, section 4.14; filters RFC 4515), in clear, with StartTLS
// or over LDAPS.
//
// OK: bound, and the wanted number of entries with the wanted value came.
// WARNING and CRITICAL by time: beyond the limits. CRITICAL: no address (dns),
// refused (connect), handshake, certificate or a refused StartTLS (tls), silence
// (timeout, in the last phase), bind or access refused (auth), another result
// code (status), other entries or values (content), no LDAP (protocol).
// UNKNOWN: this machine could not ask.
//
// The directory needs to let the bind DN (or everybody) read what is searched.
package ldap
