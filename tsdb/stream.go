package tsdb

import (
	"encoding/binary"
	"errors"
	"math"
	"net/http"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/prompb"
	"github.com/prometheus/prometheus/storage"
)

// The tags of the fields of a 1.0 message in the form that all known senders
// write: number and wire type in one byte. Source: prompb/types.proto.
const (
	tagLabel     = 1<<3 | 2 // of TimeSeries
	tagSample    = 2<<3 | 2
	tagValue     = 1<<3 | 1 // of Sample
	tagTimestamp = 2 << 3   // a varint, wire type 0
)

// stream1 brings a 1.0 message into the batch, series by series and in one pass.
// A series that is known and written in the usual form needs no decoding of
// labels; the library's decoder judges everything else.
func (in *intake) stream1(msg []byte) error {
	k := &in.batch.gen.known
	k.mu.RLock()
	defer k.mu.RUnlock()
	s, f := scanner{version: 1, left: maxExpanded}, k.finder(in.from.key())
	for len(msg) > 0 {
		tag, n := binary.Uvarint(msg)
		if n <= 0 {
			return malformed(1, errMalformed)
		}
		value, rest, err := next(tag&7, msg[n:])
		if err != nil {
			return malformed(1, err)
		}
		msg = rest
		switch {
		case tag == 1<<3|2:
			err = in.series1(&s, &f, value)
		case int32(tag>>3) <= 0, tag>>3 == 1, tag>>3 == 3 && tag&7 != 2:
			err = malformed(1, errMalformed)
		default:
			if err = s.top(tag>>3, value); err != nil {
				err = malformed(1, err)
			} else if tag>>3 == 3 {
				err = in.metadata1(value)
			}
		}
		if err != nil {
			return err
		}
	}
	for _, m := range in.metadata {
		in.db.words.set(m.MetricFamilyName, Metadata{Type: typeName(m.Type.String()), Help: m.Help, Unit: m.Unit})
	}
	return nil
}

func (in *intake) metadata1(msg []byte) error {
	var m prompb.MetricMetadata
	if err := m.Unmarshal(msg); err != nil {
		return malformed(1, err)
	}
	in.metadata = append(in.metadata, m)
	return nil
}

// series1 brings in one series.
func (in *intake) series1(s *scanner, f *finder, msg []byte) error {
	start := *s
	key, samples, ok := s.usual(msg, in.samples[:0])
	in.samples = samples
	done := 0
	if ok {
		if ref, again, found := f.find(key); found {
			var now storage.SeriesRef
			now, done = in.batch.known(ref, samples)
			if done == len(samples) {
				if again || now != ref {
					in.learned = append(in.learned, learned{string(key), now})
				}
				return nil
			}
		}
	}
	*s = start
	if err := s.add(msg); err != nil {
		return malformed(1, err)
	}
	ts := &in.ts
	ts.Labels, ts.Samples, ts.Exemplars, ts.Histograms = ts.Labels[:0], ts.Samples[:0], ts.Exemplars[:0], ts.Histograms[:0]
	if err := ts.Unmarshal(msg); err != nil {
		return malformed(1, err)
	}
	l, good, err := in.series(ts.ToLabels(&in.scratch, nil), len(ts.Samples)+len(ts.Histograms))
	if err != nil || !good {
		return err
	}
	ts.Samples = ts.Samples[done:]
	ref, err := in.samples1(l, ts)
	if ok && ref != 0 {
		in.learned = append(in.learned, learned{string(key), ref})
	}
	return err
}

// known appends the samples of a series by its reference. It returns how many it
// stored: all, or those before the first that must be looked at with the labels;
// and the reference, which is a new one when the head dropped the series just now.
func (b *batch) known(ref storage.SeriesRef, samples []prompb.Sample) (storage.SeriesRef, int) {
	for i, s := range samples {
		if s.Timestamp > b.limit {
			return ref, i
		}
		// Without labels nothing is made when the head has dropped the series: the
		// library refuses a series without labels.
		next, err := b.app.Append(ref, labels.EmptyLabels(), s.Timestamp, s.Value)
		if err != nil {
			return ref, i
		}
		ref = next
		b.stored++
	}
	return ref, len(samples)
}

// usual splits a series into the bytes of its labels and its samples. ok is false
// when it is written in any other form than labels first, then samples of a value
// and a timestamp, when it is malformed, or when it costs too much.
func (s *scanner) usual(msg []byte, to []prompb.Sample) (key []byte, samples []prompb.Sample, ok bool) {
	i := 0
	for i < len(msg) && msg[i] == tagLabel {
		n, size := binary.Uvarint(msg[i+1:])
		if size <= 0 || n > maxWord || n > uint64(len(msg)-i-1-size) {
			return nil, to, false
		}
		i += 1 + size + int(n)
		s.left -= costWord + int(n)
	}
	key, msg = msg[:i], msg[i:]
	for len(msg) > 0 {
		if len(msg) < 2 || msg[0] != tagSample || int(msg[1]) > len(msg)-2 {
			return nil, to, false
		}
		end := 2 + int(msg[1]) // one byte: a usual sample has at most 20
		sample, ok := usualSample(msg[2:end])
		if !ok {
			return nil, to, false
		}
		to = append(to, sample)
		s.left -= costSample
		msg = msg[end:]
	}
	s.left -= costSeries
	return key, to, s.left >= 0 && len(key) > 0
}

// usualSample decodes a sample; a value or timestamp of zero is left out by senders.
func usualSample(b []byte) (s prompb.Sample, ok bool) {
	if len(b) >= 9 && b[0] == tagValue {
		s.Value = math.Float64frombits(binary.LittleEndian.Uint64(b[1:]))
		b = b[9:]
	}
	if len(b) > 1 && b[0] == tagTimestamp {
		v, n := binary.Uvarint(b[1:])
		if n <= 0 {
			return s, false
		}
		s.Timestamp = int64(v)
		b = b[1+n:]
	}
	return s, len(b) == 0
}

// malformed is the refusal of a message that cannot be decoded or is too large.
func malformed(version int, err error) error {
	if errors.Is(err, errExpands) {
		return refusal{http.StatusRequestEntityTooLarge, err}
	}
	return refusef(http.StatusBadRequest, "decode remote write %d.0: %w", version, err)
}
