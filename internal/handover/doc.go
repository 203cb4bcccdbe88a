// Package handover passes events of other programs of this machine to the
// probe's daemon, which sends them to the server: a folder in which each event
// is one file.
//
// A file is written beside, synced and renamed to its name, which begins with
// the time, so that the order of names is the order of events. The daemon removes it
// once the event is durable in its own spool. A file that is not taken, because
// no daemon runs, waits; the folder is bounded. After a crash of the daemon
// between both an event may be sent twice: its data should name what it is
// about.
//
// Who may write to the folder speaks for this host: it must belong to root.
package handover
