// Package mail tells by electronic mail through one SMTP relay.
//
// It follows RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 8314 (implicit TLS),
// RFC 4954 (authentication: PLAIN, LOGIN, CRAM-MD5), RFC 5322 and RFC 2045 to
// 2047 (the message and its words), RFC 3834 (automatic messages) and RFC 2387
// (an HTML part with its picture).
//
// What is told stands whole in the plain-text part. The Message-ID is the
// message's identity, so a repeat can be recognised; the mails of one incident
// to one recipient are one thread (RFC 5256, the algorithm REFERENCES).
//
// With form: short a mail is for a phone: plain text, a subject of at most 40
// columns, a body of two or three lines.
//
// An answer 5xx to the envelope or the message is permanent, every other fault
// is tried again: a relay that refuses our credentials or our connection is a
// fault of configuration that somebody mends. A connection lost after the whole
// message and before its answer leaves the mail in doubt.
//
// Rights needed: none.
package mail
