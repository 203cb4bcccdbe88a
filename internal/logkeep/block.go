package logkeep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Line is one line of a log.
type Line struct {
	At   time.Time // when it was read; milliseconds are kept
	File string    // where it stood
	Text string    // without its end
	Cut  bool      // it was longer
}

// block is a header.
type block struct {
	offset      int64 // in its segment
	length      int64 // of the whole block
	lines, raw  uint32
	first, last int64 // Unix milliseconds
	host        string
}

const (
	prefixBytes = 12 // magic, length, crc
	fixedBytes  = 26 // from lines to the length of the host's name
	maxRaw      = 8 << 20
	maxBlock    = 16 << 20
	maxHost     = 1024
)

// magic begins each block: where to look on after damage.
func magic() []byte { return []byte{0xf5, 'L', 'K', '\n'} }

func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// errBlock is said of bytes that are no whole block.
var errBlock = errors.New("is no block of kept lines")

// encodeBlock makes a block of lines of one host.
func encodeBlock(enc *zstd.Encoder, host string, lines []Line) []byte {
	b := block{first: math.MaxInt64, last: math.MinInt64}
	for _, l := range lines {
		b.first, b.last = min(b.first, l.At.UnixMilli()), max(b.last, l.At.UnixMilli())
	}
	raw := encodeLines(b.first, lines)
	out := append(magic(), 0, 0, 0, 0, 0, 0, 0, 0)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(lines)))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(raw)))
	out = binary.LittleEndian.AppendUint64(out, uint64(b.first))
	out = binary.LittleEndian.AppendUint64(out, uint64(b.last))
	out = binary.LittleEndian.AppendUint16(out, uint16(len(host)))
	out = append(out, host...)
	out = enc.EncodeAll(raw, out)
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)-prefixBytes))
	binary.LittleEndian.PutUint32(out[8:], crc32.Checksum(out[prefixBytes:], castagnoli()))
	return out
}

func encodeLines(first int64, lines []Line) []byte {
	numbers := map[string]uint64{}
	var names []string
	for _, l := range lines {
		if _, known := numbers[l.File]; !known {
			numbers[l.File] = uint64(len(names))
			names = append(names, l.File)
		}
	}
	out := binary.AppendUvarint(nil, uint64(len(names)))
	for _, n := range names {
		out = append(binary.AppendUvarint(out, uint64(len(n))), n...)
	}
	for _, l := range lines {
		file := numbers[l.File] << 1
		if l.Cut {
			file |= 1
		}
		out = binary.AppendUvarint(out, uint64(l.At.UnixMilli()-first))
		out = binary.AppendUvarint(out, file)
		out = append(binary.AppendUvarint(out, uint64(len(l.Text))), l.Text...)
	}
	return out
}

// parseHeader reads a block's header from its first bytes: 12 + 26 + the host's
// name. It does not look at the payload.
func parseHeader(b []byte) (block, error) {
	if len(b) < prefixBytes+fixedBytes || !bytes.HasPrefix(b, magic()) {
		return block{}, errBlock
	}
	h := block{
		length: int64(binary.LittleEndian.Uint32(b[4:])) + prefixBytes,
		lines:  binary.LittleEndian.Uint32(b[12:]), raw: binary.LittleEndian.Uint32(b[16:]),
		first: int64(binary.LittleEndian.Uint64(b[20:])), last: int64(binary.LittleEndian.Uint64(b[28:])),
	}
	name := int64(binary.LittleEndian.Uint16(b[36:]))
	head := prefixBytes + fixedBytes + name
	if name > maxHost || h.length < head || h.length > maxBlock || h.raw > maxRaw || int64(len(b)) < head || h.first > h.last {
		return block{}, errBlock
	}
	h.host = string(b[prefixBytes+fixedBytes : head])
	return h, nil
}

// whole says whether b is the whole block that its header tells of.
func (h block) whole(b []byte) bool {
	return int64(len(b)) == h.length && crc32.Checksum(b[prefixBytes:], castagnoli()) == binary.LittleEndian.Uint32(b[8:])
}

// payload decompresses a whole block.
func (h block) payload(dec *zstd.Decoder, b []byte) ([]byte, error) {
	raw, err := dec.DecodeAll(b[prefixBytes+fixedBytes+len(h.host):], make([]byte, 0, h.raw))
	if err != nil || len(raw) != int(h.raw) {
		return nil, errBlock
	}
	return raw, nil
}

// eachLine calls f with the lines of a payload until it returns false. Texts are
// valid only during the call.
func (h block) eachLine(raw []byte, f func(at int64, file string, cut bool, text []byte) bool) error {
	ok := true
	number := func() uint64 {
		n, size := binary.Uvarint(raw)
		if size <= 0 {
			ok = false
			return 0
		}
		raw = raw[size:]
		return n
	}
	take := func() []byte {
		n := number()
		if n > uint64(len(raw)) {
			ok = false
			return nil
		}
		b := raw[:n]
		raw = raw[n:]
		return b
	}
	count := number()
	if count > uint64(len(raw))+1 {
		return errBlock
	}
	names := make([]string, count)
	for i := range names {
		names[i] = string(take())
	}
	for range h.lines {
		at, file, text := number(), number(), take()
		if !ok || file>>1 >= count {
			return errBlock
		}
		if !f(h.first+int64(at), names[file>>1], file&1 == 1, text) {
			return nil
		}
	}
	return nil
}
