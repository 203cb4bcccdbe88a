// Package pop3 asks a POP3 server as a mail program would (RFC 1939, RFC 2449,
// RFC 2595, RFC 5034): greeting, CAPA, STLS, and, with a user, login and STAT. No
// mail is read or deleted.
//
// OK: each step was answered well. WARNING and CRITICAL by time and by the
// certificate's days. CRITICAL: no address (dns), refused or no route (connect),
// handshake, certificate or no STLS (tls), silence (timeout, in the last phase), a
// refused login (auth), -ERR (status), a greeting without the expected words
// (content), anything that is no POP3 (protocol). UNKNOWN: this machine could not
// ask, or the password's file cannot be read.
//
// The dialogue is checks/internal/dialogue. No rights are needed.
package pop3
