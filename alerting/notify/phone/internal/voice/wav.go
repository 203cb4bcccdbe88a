package voice

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Bounds of what is read: the rates that speech programs use, with room.
const (
	minRate     = 4000
	maxRate     = 192000
	maxChannels = 8
)

// The formats of a WAV file that are read. Source: Microsoft's mmreg.h.
const (
	formatPCM        = 1
	formatExtensible = 0xfffe // the real one stands in the extension
)

var errNoWAV = errors.New("no WAV file (want RIFF/WAVE on standard output)")

// Recording is mono sound.
type Recording struct {
	Rate    int // Hz
	Samples []int16
}

// Length is how long it lasts.
func (r Recording) Length() time.Duration {
	return time.Duration(len(r.Samples)) * time.Second / time.Duration(r.Rate)
}

// ParseWAV reads a RIFF/WAVE file of PCM with 8 or 16 bits; several channels
// are mixed. A length that is larger than the file is taken for "to its end",
// as programs write that stream to a pipe.
func ParseWAV(b []byte) (Recording, error) {
	if len(b) < 12 || string(b[0:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return Recording{}, errNoWAV
	}
	var f wavFormat
	for rest := b[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), int64(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		body := rest[:min(size, int64(len(rest)))]
		switch name {
		case "fmt ":
			var err error
			if f, err = parseFormat(body); err != nil {
				return Recording{}, err
			}
		case "data":
			if f.rate == 0 {
				return Recording{}, errors.New("WAV: data comes before its format")
			}
			return Recording{Rate: f.rate, Samples: f.samples(body)}, nil
		}
		// Chunks begin at even places.
		rest = rest[min(size+size&1, int64(len(rest))):]
	}
	return Recording{}, errors.New("WAV: no data chunk")
}

type wavFormat struct{ rate, channels, bits int }

func parseFormat(b []byte) (wavFormat, error) {
	if len(b) < 16 {
		return wavFormat{}, errors.New("WAV: short format chunk")
	}
	code := binary.LittleEndian.Uint16(b)
	if code == formatExtensible && len(b) >= 26 {
		code = binary.LittleEndian.Uint16(b[24:])
	}
	f := wavFormat{
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	switch {
	case code != formatPCM || f.bits != 8 && f.bits != 16:
		return wavFormat{}, fmt.Errorf("WAV: format %d with %d bits (want PCM with 8 or 16)", code, f.bits)
	case f.rate < minRate || f.rate > maxRate:
		return wavFormat{}, fmt.Errorf("WAV: rate %d Hz (want %d to %d)", f.rate, minRate, maxRate)
	case f.channels < 1 || f.channels > maxChannels:
		return wavFormat{}, fmt.Errorf("WAV: %d channels (want 1 to %d)", f.channels, maxChannels)
	}
	return f, nil
}

func (f wavFormat) samples(b []byte) []int16 {
	width := f.bits / 8
	out := make([]int16, len(b)/(width*f.channels))
	for i := range out {
		sum := 0
		for c := range f.channels {
			at := (i*f.channels + c) * width
			if width == 1 {
				sum += (int(b[at]) - 128) << 8
			} else {
				sum += int(int16(binary.LittleEndian.Uint16(b[at:])))
			}
		}
		out[i] = int16(sum / f.channels)
	}
	return out
}

// WriteWAV is a mono PCM file of 16 bits.
func WriteWAV(r Recording) []byte {
	size := 2 * len(r.Samples)
	b := make([]byte, 0, 44+size)
	b = append(b, "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(36+size))
	b = append(b, "WAVEfmt "...)
	b = binary.LittleEndian.AppendUint32(b, 16)
	b = binary.LittleEndian.AppendUint16(b, formatPCM)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, uint32(r.Rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*r.Rate))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, uint32(size))
	for _, s := range r.Samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}
