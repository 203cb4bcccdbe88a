// Package smtp asks a mail server as another mail server would (RFC 5321, RFC
// 3207; RFC 4954 when it logs in): greeting, EHLO, STARTTLS, and, when told to,
// whether it accepts a sender and a recipient. No mail is sent.
//
// OK: each step was answered well. WARNING and CRITICAL by time and by the
// certificate's days. CRITICAL: no address (dns), refused or no route (connect),
// handshake, certificate or no STARTTLS (tls), silence (timeout, in the last
// phase), a refused login (auth), a 4xx or 5xx answer (status), a greeting
// without the expected words (content), anything that is no SMTP (protocol).
// UNKNOWN: this machine could not ask, or the password's file cannot be read.
//
// The dialogue is checks/internal/dialogue, which says why it is our own. No
// rights are needed.
package smtp
