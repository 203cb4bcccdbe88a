// Package procfs parses what the kernel tells in /proc and /sys.
//
// Each parser takes the bytes of one file and fills one struct that it may be
// given again: slices and names of the last call are reused, so that a reader
// which asks every second allocates next to nothing. Files are named after
// their source. Reading is apart from parsing: File keeps one file open and
// reads it from its start, a test needs no machine.
//
// Parsers accept every kernel from 2.6 on: a field that is missing is zero, a
// field that is new is passed over, a number beyond 64 bits is the largest one.
// They fail only when a file does not hold what it is there for.
//
// Sources: Documentation/filesystems/proc.rst, Documentation/admin-guide/iostats.rst,
// Documentation/accounting/psi.rst, Documentation/networking/statistics.rst of Linux 6.x.
package procfs
