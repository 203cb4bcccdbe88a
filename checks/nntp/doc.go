// Package nntp asks a news server as a reader would (RFC 3977, RFC 4642, RFC 4643):
// greeting, CAPABILITIES, STARTTLS, login, and, when told to, a newsgroup.
//
// OK: each step was answered well. WARNING and CRITICAL by time and by the
// certificate's days. CRITICAL: no address (dns), refused or no route (connect),
// handshake, certificate or no STARTTLS (tls), silence (timeout, in the last
// phase), a refused or missing login (auth), a 4xx or 5xx answer (status), a
// greeting without the expected words (content), anything that is no NNTP
// (protocol). UNKNOWN: this machine could not ask, or the password's file cannot be
// read.
//
// The dialogue is checks/internal/dialogue. No rights are needed.
package nntp
