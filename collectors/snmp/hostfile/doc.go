// Package hostfile writes hosts as configuration that people read and change:
// YAML with comments, in a fixed order, so that two runs differ only where the
// devices do.
//
// Whatever comes from a device is untrusted. Values are quoted so that they read
// back as they were (fuzzed against internal/config); comments are one line each,
// without what a terminal obeys. Names of rows become regular expressions with
// everything in them quoted, which also keeps {{ out of macros.
package hostfile
