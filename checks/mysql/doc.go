// Package mysql logs in to a MySQL or MariaDB server as an application would
// (client/server protocol 10), asks one question and judges the answer, or asks
// a replica how far it is behind.
//
// The question runs in a read-only transaction that the server itself ends
// shortly before our time-out, so that a hanging question leaves nothing behind.
//
// OK: the expected answer. WARNING and CRITICAL by time, value or lag: beyond
// the limits. CRITICAL: no address (dns), refused (connect), handshake or
// certificate (tls), silence (timeout, in the last phase), login refused (auth),
// another error of the server (status), another answer, or a replica that does
// not run (content), no MySQL (protocol). UNKNOWN: this machine could not ask.
//
// The password is never sent in clear text without TLS: a server that asks for
// that is refused (auth). To ask a replica the user needs REPLICATION CLIENT
// (MariaDB: REPLICA MONITOR).
package mysql
