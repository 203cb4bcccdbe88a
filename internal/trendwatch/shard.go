package trendwatch

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// A file is: magic; for each series the length of its head and the head (JSON),
// the length of its snapshot and the snapshot (checks/trend); a CRC-32C of all
// before it. Numbers are little-endian, 32 bits.

var fileMagic = [4]byte{'m', 't', 'w', 1}

// errFile says that a file was not written by this version, or was damaged.
var errFile = errors.New("not a file of snapshots of this version, or damaged")

// head is what is kept of a series beside its detector.
type head struct {
	Rule    string  `json:"rule"`
	Print   uint64  `json:"print"`
	Key     []byte  `json:"key"`
	Host    string  `json:"host"`
	Item    string  `json:"item"`
	Cursor  int64   `json:"cursor"`
	Seen    uint64  `json:"seen"`
	First   int64   `json:"first"`
	Last    int64   `json:"last"`
	Now     float64 `json:"now"`
	Raw     float64 `json:"raw"`
	RawAt   int64   `json:"raw_at"`
	Resumed int64   `json:"resumed"`
	Limit   float64 `json:"limit"`
}

// kept is a series as a file has it.
type kept struct {
	head
	snapshot []byte
}

func encodeShard(list []kept) ([]byte, error) {
	b := fileMagic[:]
	b = append(make([]byte, 0, 64+len(list)*13<<10), b...)
	for _, k := range list {
		raw, err := json.Marshal(k.head)
		if err != nil {
			return nil, fmt.Errorf("snapshot of %s/%s: %w", k.Host, k.Item, err)
		}
		for _, part := range [][]byte{raw, k.snapshot} {
			b = binary.LittleEndian.AppendUint32(b, uint32(len(part)))
			b = append(b, part...)
		}
	}
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))), nil
}

func decodeShard(b []byte) ([]kept, error) {
	end := len(b) - 4
	if end < len(fileMagic) || [4]byte(b[:4]) != fileMagic ||
		crc32.Checksum(b[:end], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(b[end:]) {
		return nil, errFile
	}
	b = b[4:end]
	var list []kept
	for len(b) > 0 {
		raw, more, ok := cutPart(b)
		if !ok {
			return nil, errFile
		}
		k := kept{}
		if k.snapshot, b, ok = cutPart(more); !ok {
			return nil, errFile
		}
		if err := json.Unmarshal(raw, &k.head); err != nil {
			return nil, fmt.Errorf("%w: %w", errFile, err)
		}
		list = append(list, k)
	}
	return list, nil
}

func cutPart(b []byte) (part, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if b = b[4:]; uint64(n) > uint64(len(b)) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}
