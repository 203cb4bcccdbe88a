// Package spool is a queue of records on disk: what a probe has measured and the
// server has not yet acknowledged.
//
// A folder holds segments, each named after the number of its first record
// (00000000000000000001.seg), and the file `state`. A segment is a run of records:
//
//	magic    4 bytes  F5 6D 72 0A: where to look on after damage
//	length   u32      of the payload, little endian as all numbers here
//	crc      u32      CRC-32C (RFC 3720, B.4) of everything below
//	seq      u64      number of the record: 1, 2, 3 …
//	at       i64      when it was appended, Unix milliseconds
//	weight   u32      samples in it, for counting what is dropped
//	type     u8       the owner's kind of record
//	payload
//
// Rules. A record leaves (Peek) only after it was synced: otherwise a power cut
// could give its number to another record. A tail that was cut short is
// truncated at Open; a record damaged in the middle is skipped and counted. Over
// MaxBytes or MaxAge the oldest whole segment is dropped and counted. While the
// disk takes nothing, records wait in bounded memory, the oldest of them dropped
// and counted, and go to the disk when it has room; their numbers are reserved
// in `state`, which is overwritten in place and needs no new block.
package spool
