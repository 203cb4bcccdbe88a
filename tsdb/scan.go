package tsdb

import (
	"encoding/binary"
	"errors"
)

// A message of 32 MB can hold 16 million empty series of two bytes, each over
// 100 bytes once decoded, or name one long symbol a million times. checkMessage
// walks the message without allocating and adds up what the decoded structures
// will take. It knows the wire format (https://protobuf.dev/programming-guides/encoding/)
// and the field numbers of prompb/types.proto and io/prometheus/write/v2/types.proto.

const (
	// maxWord bounds a label's name with its value, a symbol, a help text.
	maxWord = 16 << 10
	// maxRefs bounds the bytes of the label references of one 2.0 series.
	maxRefs = 1 << 10
)

// Bytes of memory of one decoded element: the Go struct, twice because slices
// grow by doubling.
const (
	costSeries    = 2 * 160
	costWord      = 2 * 32
	costSample    = 2 * 32
	costHistogram = 2 * 232
	costByte      = 16 // of a histogram's or exemplar's content, at worst
	costRef       = 8
)

var (
	errMalformed = errors.New("not a well-formed message")
	errExpands   = errors.New("the message would take too much memory (send smaller batches)")
	errVersion   = errors.New("the message is of the other version than the content type says")
	errWord      = errors.New("a label or symbol is longer than 16 KiB")
)

// scanner adds up the cost of a message.
type scanner struct {
	version int
	left    int
}

// checkMessage refuses a message that is malformed or would take more than
// maxExpanded bytes of memory.
func checkMessage(version int, msg []byte) error {
	s := scanner{version: version, left: maxExpanded}
	if err := walk(msg, s.top); err != nil {
		return malformed(version, err)
	}
	return nil
}

func (s *scanner) spend(n int) error {
	if s.left -= n; s.left < 0 {
		return errExpands
	}
	return nil
}

// top handles a field of the request itself.
func (s *scanner) top(field uint64, b []byte) error {
	if (s.version == 1 && field == 1) || (s.version == 2 && field == 5) {
		return s.add(b)
	}
	// The numbers are disjoint on purpose; a decoder would skip them and answer
	// that an empty message was stored.
	if (s.version == 1 && (field == 4 || field == 5)) || (s.version == 2 && field <= 3) {
		return errVersion
	}
	if len(b) > maxWord {
		return errWord
	}
	return s.spend(costWord + len(b)) // a symbol, or the metadata of 1.0
}

// add handles a TimeSeries.
func (s *scanner) add(b []byte) error {
	if err := s.spend(costSeries); err != nil {
		return err
	}
	return walk(b, s.series)
}

// series handles a field of a TimeSeries.
func (s *scanner) series(field uint64, b []byte) error {
	switch {
	case field == 2:
		return s.spend(costSample)
	case field == 1 && s.version == 1:
		if len(b) > maxWord {
			return errWord
		}
		return s.spend(costWord + len(b))
	case field == 1:
		if len(b) > maxRefs {
			return errWord
		}
		return s.spend(costRef * len(b))
	}
	return s.spend(costHistogram + costByte*len(b))
}

// walk calls on for each length-delimited field of a message. Numbers standing
// alone cost one reference each at most and are called with no bytes when they
// could be an unpacked repeated field.
func walk(msg []byte, on func(field uint64, b []byte) error) error {
	for len(msg) > 0 {
		key, n := binary.Uvarint(msg)
		if n <= 0 {
			return errMalformed
		}
		msg = msg[n:]
		value, rest, err := next(key&7, msg)
		if err != nil {
			return err
		}
		msg = rest
		if err := on(key>>3, value); err != nil {
			return err
		}
	}
	return nil
}

// next splits off one value of the given wire type; only a length-delimited one
// is returned. Groups (3 and 4) are in neither message.
func next(wire uint64, msg []byte) (value, rest []byte, err error) {
	size := uint64(0)
	switch wire {
	case 0:
		_, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, nil, errMalformed
		}
		return nil, msg[n:], nil
	case 1:
		size = 8
	case 5:
		size = 4
	case 2:
		v, n := binary.Uvarint(msg)
		if n <= 0 {
			return nil, nil, errMalformed
		}
		msg, size = msg[n:], v
	default:
		return nil, nil, errMalformed
	}
	if size > uint64(len(msg)) {
		return nil, nil, errMalformed
	}
	if wire != 2 {
		return nil, msg[size:], nil
	}
	return msg[:size], msg[size:], nil
}
