// Package postgres logs in to a PostgreSQL server as an application would
// (frontend/backend protocol 3.0), asks one question and judges the answer, or
// asks a standby how far it is behind.
//
// The question runs in a read-only transaction that the server itself ends
// shortly before our time-out, so that a hanging question leaves nothing behind.
//
// OK: the expected answer. WARNING and CRITICAL by time, value or lag: beyond
// the limits. CRITICAL: no address (dns), refused (connect), handshake or
// certificate (tls), silence (timeout, in the last phase), login refused (auth),
// another error of the server (status), another answer, or a replica that does
// not receive (content), no PostgreSQL (protocol). UNKNOWN: this machine could
// not ask.
//
// Nothing of our own environment (PGPASSWORD, ~/.pgpass, service files) is
// used. The login needs CONNECT on the database; to ask a standby's receiver it
// needs no more.
package postgres
