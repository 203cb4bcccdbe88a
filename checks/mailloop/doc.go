// Package mailloop sends a mail and reads it again (RFC 5321, RFC 5322; RFC 1939 or
// RFC 9051): by SMTP to a mailbox of its own, from which it is fetched by POP3 or
// IMAP and deleted. The time of the round is what users wait for.
//
// OK: the mail came back within the limits. WARNING and CRITICAL by the time of the
// round. CRITICAL: sending or reading failed, with the reasons of the checks smtp,
// pop3 and imap; or both work and the mail does not come (timeout, in the phase
// delivery). UNKNOWN: this machine could not ask, or a password's file cannot be
// read.
//
// The mail is known by a random token in a header of its own. Mails of earlier
// runs that came too late are deleted when they are a day old. Nothing else in the
// mailbox is touched. No rights are needed.
package mailloop
