package trend

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
)

// snapshotVersion changes with the layout of state: an older snapshot is
// refused, and the series is learned anew from the store.
const snapshotVersion = 4

var snapshotMagic = [4]byte{'t', 'r', 'n', snapshotVersion}

// ErrSnapshot is what Restore answers to bytes that Snapshot of this version
// did not write, or that were damaged.
var ErrSnapshot = errors.New("trend: not a snapshot of this version: learn the series anew")

// Bytes is the size of a snapshot, and nearly that of a detector in memory.
func Bytes() int { return 4 + binary.Size(state{}) + 4 }

// Snapshot appends the whole state: magic, the state in little-endian order,
// and a CRC-32C of both.
func (d *Detector) Snapshot(b []byte) ([]byte, error) {
	from := len(b)
	b = append(b, snapshotMagic[:]...)
	b, err := binary.Append(b, binary.LittleEndian, &d.s)
	if err != nil {
		return nil, fmt.Errorf("write snapshot: %w", err)
	}
	b = append(b, 0, 0, 0, 0)
	seal(b[from:])
	return b, nil
}

// seal writes the checksum behind what it covers.
func seal(b []byte) { binary.LittleEndian.PutUint32(b[len(b)-4:], checksum(b)) }

func checksum(b []byte) uint32 {
	return crc32.Checksum(b[:len(b)-4], crc32.MakeTable(crc32.Castagnoli))
}

// Restore takes the state of a snapshot. After an error the detector is as it
// was before.
func (d *Detector) Restore(b []byte) error {
	end := len(b) - 4
	if len(b) != Bytes() || [4]byte(b[:4]) != snapshotMagic ||
		checksum(b) != binary.LittleEndian.Uint32(b[end:]) {
		return ErrSnapshot
	}
	var s state
	if _, err := binary.Decode(b[4:end], binary.LittleEndian, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	if !s.sound() {
		return ErrSnapshot
	}
	d.s = s
	return nil
}

// sound tells whether no index is out of its array and every number is finite;
// slots without data are NaN.
func (s *state) sound() bool {
	sc, sl, t := &s.Score, &s.Slots, &s.Teeth
	ok := sc.Past.Len <= sampleSize && sc.Past.Pos < sampleSize && sc.Past.Stride <= sampleStride &&
		within(int64(sc.Shapes.Len), shapeCount) && within(int64(sc.Shapes.Last), shapeCount-1) && within(int64(sc.Shapes.Seen), shapeLen) &&
		within(int64(sl.Len), ringSize) && within(int64(t.N), int64(len(t.Done))) && within(int64(s.Period.Lag), periodMost) && (s.Period.Lag > 1 || s.Period.Hits == 0) &&
		(s.N == 0 || sl.Width >= 3600) && sl.Width >= 0 && s.Normal.By <= byWeek && s.N >= 0
	for _, f := range s.Findings {
		ok = ok && f.Kind <= Limit && f.Form < forms
	}
	return ok && finite(reflect.ValueOf(s).Elem(), reflect.ValueOf(&sl.Mean).Elem())
}

func within(n, top int64) bool { return n >= 0 && n <= top }

// finite looks through all numbers but those of the field except.
func finite(v, except reflect.Value) bool {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		return !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0)
	case reflect.Array:
		if v.CanAddr() && except.CanAddr() && v.Addr().Pointer() == except.Addr().Pointer() && v.Type() == except.Type() {
			return true
		}
		for i := range v.Len() {
			if !finite(v.Index(i), except) {
				return false
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !finite(v.Field(i), except) {
				return false
			}
		}
	}
	return true
}
