// Package onprobe carries out actions on a watched machine, when the server asks
// for them by name.
//
// What may be done is in the section `actions` of the probe's own file, which
// belongs to root and is empty by default. The server sends a name and whose
// state asks for it, never an argument; it cannot add to the list. The file is
// looked at again before each action: it must be root's, in a folder of root's,
// and writable by nobody else.
//
// Each job is carried out at most once, over crashes of the probe too: its ID is
// on disk, synced, before anything is done (seen.go). A job that was cut off is
// reported as unknown, with its status, and never repeated. An action that has
// begun goes on to its end while the server is away; the report waits in the
// spool.
package onprobe
