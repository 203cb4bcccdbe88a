// Package logkeep keeps whole logs on request: compressed, bounded by age and
// size, found again by host, time and expression when their host is long dead.
//
// A folder holds segments, named by their first time and a number
// (0001769860800000-000001.logz). A segment is a run of blocks; a block holds
// lines of one host:
//
//	magic    4 bytes  F5 4C 4B 0A
//	length   u32      of what follows crc, little endian as all numbers here
//	crc      u32      CRC-32C (RFC 3720, B.4) of what follows
//	lines    u32
//	raw      u32      bytes of the payload when decompressed
//	first    i64      earliest time of a line, Unix milliseconds
//	last     i64      latest
//	host     u16      length of the host's name, which follows
//	payload           Zstandard (RFC 8878) of the lines
//
// and its payload is, in varints: the number of files and their names, each with
// its length; then for each line the milliseconds after first, the number of its
// file with the lowest bit for "cut", the length of its text, its text.
//
// A segment that is full gets an index beside it (.idx): the headers again. The
// index can always be made anew.
//
// Rules. Everything before a Sync survives a crash. A block that a crash has cut
// is taken off when the folder is opened again, and counted. Damage in the
// middle is passed over, and counted, when it is read. When the disk is full, or
// nearly, lines are dropped and counted: those who deliver never wait.
package logkeep
