// Package submission asks a mail server as its users' mail programs would (RFC
// 6409, RFC 8314, RFC 4954): greeting, EHLO, STARTTLS, the offer to log in, the
// login, and, when told to, whether sender and recipient are accepted. No mail is
// sent.
//
// OK: each step was answered well. WARNING and CRITICAL by time and by the
// certificate's days. CRITICAL: no address (dns), refused or no route (connect),
// handshake, certificate or no STARTTLS (tls), silence (timeout, in the last
// phase), no AUTH offered or a refused login (auth), a 4xx or 5xx answer (status),
// a greeting without the expected words (content), anything that is no SMTP
// (protocol). UNKNOWN: this machine could not ask, or the password's file cannot
// be read.
//
// The dialogue is checks/internal/dialogue. No rights are needed.
package submission
