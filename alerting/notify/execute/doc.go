// Package execute tells by running a command of the operator's: the kind exec. A
// contact names one of the commands that the section exec lists; nothing else
// can be run, and nothing of a message becomes part of a command line. No shell
// is involved.
//
// What is told comes as environment variables MONITORD_* and as JSON
// (notify.Fields) on standard input. Exit code 0 means told; the others are read
// as sysexits(3) has them: 64 EX_USAGE, 65 EX_DATAERR, 67 EX_NOUSER, 68
// EX_NOHOST, 77 EX_NOPERM and 78 EX_CONFIG are for good, every other, 75
// EX_TEMPFAIL among them, is tried again: a page that is tried in vain costs
// little, one that is given up too early may cost a night. A command that was
// ended by a signal or by its time-out leaves the message in doubt.
//
// The program and every folder above it must belong to root or to our user and
// be writable by nobody else (package trusted), which is looked at before each
// run. It runs in a process group of its own that is gone when it ends (package
// runner).
//
// Rights needed: those of the command.
package execute
