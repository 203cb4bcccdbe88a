// Package dialogue speaks the protocols of lines that mail, news and files are
// asked for: SMTP (RFC 5321, 3207, 4954), POP3 (RFC 1939, 2449, 2595, 5034), IMAP
// (RFC 9051, 3501), FTP (RFC 959, 2428, 4217) and NNTP (RFC 3977, 4642, 4643); as
// far as a check needs them, and with what a check must tell: the phase in which
// it hung, the first bytes that the peer said, the certificate, the reason.
//
// It is our own and no client library, for three reasons: net/smtp, go-smtp and
// go-imap hide in which step they wait; they read what a hostile peer sends
// without a bound that we set; and each has a vocabulary of errors of its own,
// while an operator must read one failure in one wording everywhere.
//
// A Session is one connection. Every line is at most MaxLine bytes, every
// answer MaxLines lines, the whole talk MaxTalk bytes: beyond that the peer does not speak the protocol.
// Secrets that were sent are replaced in whatever the peer says after.
package dialogue
