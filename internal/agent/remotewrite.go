package agent

import (
	"encoding/binary"
	"math"
	"time"

	"github.com/golang/snappy"

	"monitord/collectors"
)

// encoder builds one prometheus.WriteRequest (remote write 1.0, prompb/remote.proto
// and types.proto) out of samples as they come. Written by hand: the generated
// code of prompb brings 30 packages and 1.5 MB into the probe for five fields.
//
//	WriteRequest.timeseries = 1; TimeSeries.labels = 1, .samples = 2;
//	Label.name = 1, .value = 2;  Sample.value = 1 (double), .timestamp = 2 (ms)
//
// Requests of several collections are joined by joining their bytes: that is
// what protobuf says about repeated fields.
type encoder struct {
	host   string
	job    string // the label job: node for the probe's own host
	stamp  int64
	count  int
	body   []byte // the request
	series []byte // scratch: one TimeSeries
	packed []byte // scratch: the request, compressed
}

var _ collectors.Sink = (*encoder)(nil)

// start begins the request of one collection.
func (e *encoder) start(at time.Time) {
	e.stamp, e.count, e.body = at.UnixMilli(), 0, e.body[:0]
}

// pack compresses the request as remote write wants it (snappy's block format).
// The bytes are good until the next call.
func (e *encoder) pack() []byte {
	if n := snappy.MaxEncodedLen(len(e.body)); n > len(e.packed) {
		e.packed = make([]byte, n)
	}
	return snappy.Encode(e.packed, e.body)
}

// Add writes one series with one sample. Remote write wants labels sorted by
// name; ours are merged in, and win over a collector's of the same name.
func (e *encoder) Add(name string, value float64, labels ...string) {
	e.count++
	own := [...]string{"__name__", name, "host", e.host, "instance", e.host, "job", e.job}
	b, o := e.series[:0], 0
	for i := 0; i+1 < len(labels); i += 2 {
		for o < len(own) && own[o] < labels[i] {
			b = appendLabel(b, own[o], own[o+1])
			o += 2
		}
		if (o < len(own) && own[o] == labels[i]) || isOwn(labels[i]) || labels[i+1] == "" {
			continue
		}
		b = appendLabel(b, labels[i], labels[i+1])
	}
	for ; o < len(own); o += 2 {
		b = appendLabel(b, own[o], own[o+1])
	}
	size := 1 + 8
	if e.stamp != 0 {
		size += 1 + uvarintLen(uint64(e.stamp))
	}
	b = append(b, 0x12, byte(size), 0x09)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(value))
	if e.stamp != 0 {
		b = binary.AppendUvarint(append(b, 0x10), uint64(e.stamp))
	}
	e.series = b
	e.body = binary.AppendUvarint(append(e.body, 0x0A), uint64(len(b)))
	e.body = append(e.body, b...)
}

func isOwn(label string) bool {
	return label == "__name__" || label == "host" || label == "instance" || label == "job"
}

func appendLabel(b []byte, name, value string) []byte {
	size := 2 + uvarintLen(uint64(len(name))) + len(name) + uvarintLen(uint64(len(value))) + len(value)
	b = binary.AppendUvarint(append(b, 0x0A), uint64(size))
	b = binary.AppendUvarint(append(b, 0x0A), uint64(len(name)))
	b = append(b, name...)
	b = binary.AppendUvarint(append(b, 0x12), uint64(len(value)))
	return append(b, value...)
}

func uvarintLen(v uint64) int {
	n := 1
	for v >= 0x80 {
		v >>= 7
		n++
	}
	return n
}
