// Package file looks at a file of this machine, or at all that a pattern names:
// there or not, how old, how big, how many, whose, and what stands in it.
//
// Sources: stat(2); patterns are those of path/filepath.Match.
//
// OK: all as wanted. WARNING, CRITICAL: a limit of age, size or number
// (threshold). CRITICAL: none there, or one that must not be (status), another
// kind, owner, group or mode (status), other content (content). UNKNOWN: no
// right to look (permission), or the file system does not answer (timeout).
//
// A file system that hangs, such as NFS without its server, holds one goroutine
// per check until it answers, and never a second one.
//
// The check is about the machine it runs on: let the host's probe run it. It
// reads with the rights of this process, content only of regular files, and
// shows none of it: a configuration file may hold passwords.
package file
