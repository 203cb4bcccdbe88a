// Package logfile follows files as lines are written to them, through every way
// of rotation, and loses none.
//
// A path is a stream of generations; a generation is what stands in one inode
// between two truncations. The watcher looks at every path 10 times a second
// (stat(2)) and opens what is new before anything older is let go. The reader
// reads the generations of a stream in the order in which they were written,
// each to its end, and lets a rotated one go when its writer has been silent for
// Config.Linger. Lines of a stretch are read through hpcloud/tail, which is
// opened on the inode itself; see docs/adr/0021-following-logs.md for how and why.
//
// A generation is known again (after a restart, under another name, in a copy, in
// a compressed copy) by device and inode, by a fingerprint of its first 1024
// bytes, and by one of the 64 bytes before the position. What was read counts
// only after the fingerprints were found unchanged behind the reading.
//
// Lines come in batches of one generation. While Deps.Sink blocks nothing is read
// and nothing is dropped. A batch's Position is acknowledged by the consumer;
// acknowledged positions are kept in the state file, synced within a second. A
// consumer that keeps positions in the transaction of their lines gives them back
// in Deps.Stored, and gets every line once, whatever happens.
//
// A Follower is driven by its Run, and is a collectors.Collector for its own
// figures. It needs the right to read the files and their folders, and /proc.
package logfile
