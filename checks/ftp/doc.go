// Package ftp asks an FTP server as its users would (RFC 959, RFC 2428, RFC 4217):
// greeting, AUTH TLS, login, and, when told to, a file over a passive data
// connection.
//
// OK: each step was answered well, and the file holds the expected words. WARNING
// and CRITICAL by time and by the certificate's days. CRITICAL: no address (dns),
// refused or no route, also of the data connection (connect), handshake,
// certificate or no AUTH TLS (tls), silence (timeout, in the last phase), a refused
// login (auth), a 4xx or 5xx answer (status), a greeting or a file without the
// expected words (content), anything that is no FTP (protocol). UNKNOWN: this
// machine could not ask, or the password's file cannot be read.
//
// The dialogue is checks/internal/dialogue. No rights are needed.
package ftp
