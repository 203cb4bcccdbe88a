// Package radius asks an authentication server to let a user in, as a switch or
// an access point would (RFC 2865, PAP; Message-Authenticator RFC 2869 section
// 5.14, which servers hardened against forged answers demand).
//
// OK: the wanted answer, signed with our secret. WARNING and CRITICAL by time:
// beyond the limits. CRITICAL: no address (dns), refused or no route (connect),
// silence (timeout, phase query; servers also keep silent towards clients they
// do not know and secrets that are wrong), a user that is refused or an answer
// signed with another secret (auth), another answer (status), no RADIUS
// (protocol). UNKNOWN: this machine could not ask.
//
// The server must know this machine as a client. User, password and secret
// should be for monitoring alone: PAP hides the password with MD5 only.
package radius
