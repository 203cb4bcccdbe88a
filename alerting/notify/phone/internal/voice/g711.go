package voice

// Rate is the sampling rate of a telephone, in Hz.
const Rate = 8000

// FrameSamples is the samples, and bytes of µ-law, of one packet: 20 ms.
const FrameSamples = Rate / 50

// Silence is the µ-law code of zero.
const Silence = 0xff

const (
	ulawBias = 0x84  // makes the segments' bounds powers of two
	ulawClip = 32635 // the largest magnitude that has a code
)

// EncodeULaw is the µ-law code of a 16-bit sample. Source: ITU-T G.711, table 2a.
func EncodeULaw(sample int16) byte {
	v, sign := int(sample), byte(0)
	if v < 0 {
		v, sign = -v, 0x80
	}
	v = min(v, ulawClip) + ulawBias
	segment := byte(7)
	for mask := 0x4000; v&mask == 0 && segment > 0; mask >>= 1 {
		segment--
	}
	return ^(sign | segment<<4 | byte(v>>(segment+3))&0x0f)
}

// DecodeULaw is the 16-bit sample of a µ-law code.
func DecodeULaw(code byte) int16 {
	code = ^code
	v := (int(code&0x0f)<<3+ulawBias)<<(code>>4&7) - ulawBias
	if code&0x80 != 0 {
		v = -v
	}
	return int16(v)
}

// EncodeAll is the µ-law of samples at Rate.
func EncodeAll(samples []int16) []byte {
	out := make([]byte, len(samples))
	for i, s := range samples {
		out[i] = EncodeULaw(s)
	}
	return out
}
