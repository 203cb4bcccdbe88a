package spool

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"time"
)

const (
	headerBytes = 33
	crcFrom     = 12 // first byte that the checksum covers

	// MaxRecord bounds one payload; a length above it is damage.
	MaxRecord = 4 << 20
)

var magic = [4]byte{0xF5, 'm', 'r', '\n'}

// Record is one entry of the queue.
type Record struct {
	Seq     uint64
	At      time.Time // millisecond resolution
	Weight  int       // samples in it
	Type    byte
	Payload []byte // may be kept
}

func crcTable() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) } // made once by the library

// appendRecord writes r behind b.
func appendRecord(b []byte, r Record) []byte {
	start := len(b)
	b = append(b, magic[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Payload)))
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, r.Seq)
	b = binary.LittleEndian.AppendUint64(b, uint64(r.At.UnixMilli()))
	b = binary.LittleEndian.AppendUint32(b, uint32(r.Weight))
	b = append(b, r.Type)
	b = append(b, r.Payload...)
	binary.LittleEndian.PutUint32(b[start+8:], crc32.Checksum(b[start+crcFrom:], crcTable()))
	return b
}

// parseRecord reads the record at the start of b. size is what it takes; it is
// 0 when there is no whole, undamaged record. The payload points into b.
func parseRecord(b []byte) (r Record, size int) {
	if len(b) < headerBytes || [4]byte(b) != magic {
		return Record{}, 0
	}
	n := binary.LittleEndian.Uint32(b[4:])
	if n > MaxRecord || len(b) < headerBytes+int(n) {
		return Record{}, 0
	}
	size = headerBytes + int(n)
	if crc32.Checksum(b[crcFrom:size], crcTable()) != binary.LittleEndian.Uint32(b[8:]) {
		return Record{}, 0
	}
	return Record{
		Seq:     binary.LittleEndian.Uint64(b[12:]),
		At:      time.UnixMilli(int64(binary.LittleEndian.Uint64(b[20:]))),
		Weight:  int(binary.LittleEndian.Uint32(b[28:])),
		Type:    b[32],
		Payload: b[headerBytes:size],
	}, size
}

// scan calls visit for each undamaged record of a segment, in order, with the
// offsets where it starts and ends, until visit returns false. It returns where
// the last good record ended and how many damaged stretches lie before that.
func scan(b []byte, visit func(r Record, start, end int) bool) (good, damaged int) {
	torn := 0 // stretches seen since the last good record
	for at := 0; at < len(b); {
		r, size := parseRecord(b[at:])
		if size == 0 {
			torn++
			next := bytes.Index(b[at+1:], magic[:])
			if next < 0 {
				break
			}
			for next >= 0 {
				at += 1 + next
				if _, n := parseRecord(b[at:]); n > 0 {
					break
				}
				next = bytes.Index(b[at+1:], magic[:])
			}
			if next < 0 {
				break
			}
			continue
		}
		damaged, torn = damaged+torn, 0
		good = at + size
		if !visit(r, at, good) {
			return good, damaged
		}
		at = good
	}
	return good, damaged
}
