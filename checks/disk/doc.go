// Package disk proves that a folder of this machine can be written: it makes a
// small file there, syncs it, reads it back from the disk, compares, and
// removes it.
//
// Sources: open(2), fsync(2), posix_fadvise(2): POSIX_FADV_DONTNEED drops the
// pages from the cache after the sync, so that the disk is read where the file
// system can; on tmpfs and some network file systems the cache answers.
//
// OK: done in time. WARNING, CRITICAL: slower than the limits (threshold).
// CRITICAL: no room, read-only, an I/O error, no such folder (status), other
// bytes than were written (content), no end within the time-out (timeout).
// UNKNOWN: no right to write there (permission).
//
// A disk that hangs holds one goroutine until it answers, and never a second
// one. The check is about the machine it runs on: let the host's probe run it.
package disk
