package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// state is what the queue remembers beside its records. The file has two slots,
// written in turn and in place: a write that is cut short spoils one slot, and a
// full disk does not matter because no block is new.
type state struct {
	Generation uint64 // the slot with the higher one counts
	Acked      uint64 // everything up to here is done with
	Reserved   uint64 // numbers up to here may have been given away
}

const (
	slotBytes = 512
	slotUsed  = 28
)

func (s state) encode() []byte {
	b := make([]byte, slotBytes)
	binary.LittleEndian.PutUint64(b[4:], s.Generation)
	binary.LittleEndian.PutUint64(b[12:], s.Acked)
	binary.LittleEndian.PutUint64(b[20:], s.Reserved)
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:slotUsed], crcTable()))
	return b
}

func decodeState(b []byte) (state, bool) {
	if len(b) < slotUsed || crc32.Checksum(b[4:slotUsed], crcTable()) != binary.LittleEndian.Uint32(b) {
		return state{}, false
	}
	s := state{
		Generation: binary.LittleEndian.Uint64(b[4:]),
		Acked:      binary.LittleEndian.Uint64(b[12:]),
		Reserved:   binary.LittleEndian.Uint64(b[20:]),
	}
	return s, s.Generation > 0
}

// openState reads the file or makes it at its full size.
func openState(path string) (*os.File, state, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, state{}, fmt.Errorf("open spool state: %w", err)
	}
	b := make([]byte, 2*slotBytes)
	n, err := io.ReadFull(f, b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, state{}, errors.Join(fmt.Errorf("read spool state: %w", err), f.Close())
	}
	if n < len(b) {
		if err := extendState(f, n); err != nil {
			return nil, state{}, errors.Join(err, f.Close())
		}
	}
	best := state{}
	for i := range 2 {
		if s, ok := decodeState(b[i*slotBytes : (i+1)*slotBytes]); ok && s.Generation > best.Generation {
			best = s
		}
	}
	return f, best, nil
}

func extendState(f *os.File, have int) error {
	_, err := f.WriteAt(make([]byte, 2*slotBytes-have), int64(have))
	if err := errors.Join(err, f.Sync()); err != nil {
		return fmt.Errorf("make spool state: %w", err)
	}
	return nil
}

func writeState(f *os.File, s state) error {
	_, err := f.WriteAt(s.encode(), int64(s.Generation%2)*slotBytes)
	if err != nil {
		return fmt.Errorf("write spool state: %w", err)
	}
	return nil
}
