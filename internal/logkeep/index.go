package logkeep

import (
	"encoding/binary"
	"hash/crc32"
)

// An index is the magic, the CRC-32C of the rest, the number of hosts and their
// names, the number of blocks, and for each its host, offset, length, lines, raw
// bytes, first and last; numbers are varints.

func encodeIndex(blocks []block) []byte {
	numbers := map[string]uint64{}
	var names []string
	for _, b := range blocks {
		if _, known := numbers[b.host]; !known {
			numbers[b.host] = uint64(len(names))
			names = append(names, b.host)
		}
	}
	out := append(magic(), 0, 0, 0, 0)
	out = binary.AppendUvarint(out, uint64(len(names)))
	for _, n := range names {
		out = append(binary.AppendUvarint(out, uint64(len(n))), n...)
	}
	out = binary.AppendUvarint(out, uint64(len(blocks)))
	for _, b := range blocks {
		for _, n := range []uint64{numbers[b.host], uint64(b.offset), uint64(b.length), uint64(b.lines), uint64(b.raw), uint64(b.first), uint64(b.last - b.first)} {
			out = binary.AppendUvarint(out, n)
		}
	}
	binary.LittleEndian.PutUint32(out[4:], crc32.Checksum(out[8:], castagnoli()))
	return out
}

func parseIndex(b []byte) ([]block, error) {
	if len(b) < 8 || string(b[:4]) != string(magic()) || binary.LittleEndian.Uint32(b[4:]) != crc32.Checksum(b[8:], castagnoli()) {
		return nil, errBlock
	}
	b = b[8:]
	ok := true
	number := func() uint64 {
		n, size := binary.Uvarint(b)
		if size <= 0 {
			ok = false
			return 0
		}
		b = b[size:]
		return n
	}
	names := make([]string, 0, 16)
	for range min(number(), uint64(len(b))) {
		n := number()
		if n > uint64(len(b)) {
			return nil, errBlock
		}
		names = append(names, string(b[:n]))
		b = b[n:]
	}
	var blocks []block
	for range min(number(), uint64(len(b))) {
		host := number()
		h := block{offset: int64(number()), length: int64(number()), lines: uint32(number()), raw: uint32(number()), first: int64(number())}
		h.last = h.first + int64(number())
		if !ok || host >= uint64(len(names)) || h.offset < 0 || h.length < 0 || h.length > maxBlock || h.raw > maxRaw {
			return nil, errBlock
		}
		h.host = names[host]
		blocks = append(blocks, h)
	}
	return blocks, nil
}
