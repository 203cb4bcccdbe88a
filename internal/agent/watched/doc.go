// Package watched follows the logs that the server assigned to this probe, and
// hands on what their lines bring.
//
// What the server assigns is outside input: it names paths, and the probe mostly
// runs as root. So the file of the machine's owner says what may be followed; the
// rest is refused, and an event says so. No line starts a program.
//
// What lines bring, and everything that must be known after a restart, is one
// record of a memory file, synced before any of it is posted: positions, what
// rules have counted, and the events themselves. After a crash the events that
// did not get into the spool are posted from there. So a line brings its events
// once, whatever ends the probe. While the disk takes nothing, nothing is read.
//
// The server sets results aside that are too old to be news. So problems that
// still stand are told again each minute, once everything else has been sent.
package watched
