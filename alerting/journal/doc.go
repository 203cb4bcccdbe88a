// Package journal is the one timeline: every state change, notification,
// configuration change and event of a probe, in order, durable before anything
// is told or done.
//
// It is an SQLite database, DATA/journal.db, in WAL mode with synchronous=FULL
// (SQLite documentation, "Write-Ahead Logging" and "PRAGMA synchronous"), so
// that what was answered survives the loss of power. One goroutine (Run) writes
// it, in groups; a few connections read. DATA/journal.lock keeps a second server
// away.
//
// When it cannot be written (full disk, hanging disk) every write gets an error
// at once, nothing is kept back here, and the next write tries again: the
// engine tells from memory and brings its changes later.
//
// Tables: services (latest states), events (append-only), failed_runs (what the
// latest failing runs of each service left, FailedRunsKept), incidents, outbox
// (messages; the primary key is the message's identity), downtimes, actions
// (requests to act, and how far each has come), probe_events (highest number per
// probe and boot), probe_inbox (each probe's last batch), attendance (when the
// server was there), meta (the installation's name, the freeze switch). Times are
// Unix nanoseconds. A new version adds a file to migrations/ and never changes an
// old one.
package journal
