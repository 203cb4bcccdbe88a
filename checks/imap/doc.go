// Package imap asks an IMAP server as a mail program would (RFC 9051, RFC 3501):
// greeting, CAPABILITY, STARTTLS, and, with a user, login and EXAMINE of a mailbox.
// No mail is read or changed.
//
// OK: each step was answered well. WARNING and CRITICAL by time and by the
// certificate's days. CRITICAL: no address (dns), refused or no route (connect),
// handshake, certificate or no STARTTLS (tls), silence (timeout, in the last
// phase), a refused login (auth), NO, BAD or BYE (status), a greeting without the
// expected words (content), anything that is no IMAP (protocol). UNKNOWN: this
// machine could not ask, or the password's file cannot be read.
//
// The dialogue is checks/internal/dialogue. No rights are needed.
package imap
