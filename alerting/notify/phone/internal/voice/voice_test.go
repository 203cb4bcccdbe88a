package voice

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"
	"time"
)

func TestULawIsThatOfG711(t *testing.T) {
	// Decision values and codes of ITU-T G.711, table 2a, scaled to 16 bits.
	for _, tt := range []struct {
		sample int16
		code   byte
	}{{0, 0xff}, {8, 0xfe}, {-8, 0x7e}, {120, 0xf0}, {132, 0xef}, {924, 0xcf}, {-924, 0x4f}, {988, 0xce}, {32124, 0x80}, {-32124, 0x00}, {32767, 0x80}, {-32768, 0x00}} {
		if got := EncodeULaw(tt.sample); got != tt.code {
			t.Errorf("%d has the code %#02x; want %#02x", tt.sample, got, tt.code)
		}
	}
	for code := range 256 {
		if got := EncodeULaw(DecodeULaw(byte(code))); got != byte(code) && code != 0x7f { // the second zero
			t.Errorf("code %#02x comes back as %#02x", code, got)
		}
	}
	for s := math.MinInt16; s <= math.MaxInt16; s++ {
		back := int(DecodeULaw(EncodeULaw(int16(s))))
		if off := max(back-s, s-back); off > 16+max(s, -s)/16 && off > 1024 {
			t.Fatalf("%d comes back as %d", s, back)
		}
	}
}

func TestWAVIsReadAsItWasWritten(t *testing.T) {
	want := Recording{Rate: 22050, Samples: Tone(440, 100*time.Millisecond)}
	got, err := ParseWAV(WriteWAV(want))
	if err != nil || got.Rate != want.Rate || len(got.Samples) != len(want.Samples) || got.Samples[100] != want.Samples[100] {
		t.Errorf("got %d Hz, %d samples, %v", got.Rate, len(got.Samples), err)
	}
}

// file is a WAV file of one format, with a chunk of odd length before its data.
func file(code, channels, bits uint16, rate, size uint32, data []byte) []byte {
	b := []byte("RIFF\xff\xff\xff\xffWAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	b = binary.LittleEndian.AppendUint16(b, code)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint16(b, 0)
	b = binary.LittleEndian.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, size)
	return append(b, data...)
}

func TestWAVVariants(t *testing.T) {
	for name, tt := range map[string]struct {
		file []byte
		want []int16
	}{
		"stereo is mixed":        {file(1, 2, 16, 8000, 8, []byte{100, 0, 200, 0, 0, 1, 0, 1}), []int16{150, 256}},
		"8 bits":                 {file(1, 1, 8, 8000, 3, []byte{128, 255, 0}), []int16{0, 32512, -32768}},
		"a length for a pipe":    {file(1, 1, 16, 22050, 0x7ffff000, []byte{1, 0, 2, 0, 3}), []int16{1, 2}},
		"compressed":             {file(85, 1, 16, 8000, 4, make([]byte, 4)), nil},
		"24 bits":                {file(1, 1, 24, 8000, 6, make([]byte, 6)), nil},
		"no channels":            {file(1, 0, 16, 8000, 4, make([]byte, 4)), nil},
		"a rate of nothing":      {file(1, 1, 16, 0, 4, make([]byte, 4)), nil},
		"no file":                {[]byte("hello"), nil},
		"nothing":                {nil, nil},
		"ends before its data":   {file(1, 1, 16, 8000, 4, nil)[:40], nil},
		"data before its format": {[]byte("RIFF\x00\x00\x00\x00WAVEdata\x02\x00\x00\x00ab"), nil},
	} {
		got, err := ParseWAV(tt.file)
		if (err != nil) != (tt.want == nil) || !equal(got.Samples, tt.want) {
			t.Errorf("%s: got %v, %v; want %v", name, got.Samples, err, tt.want)
		}
	}
}

func equal(a, b []int16) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func FuzzParseWAV(f *testing.F) {
	f.Add(WriteWAV(Recording{Rate: 8000, Samples: []int16{1, 2}}))
	f.Add(file(1, 2, 16, 48000, 0xffffffff, []byte{1, 2, 3, 4}))
	f.Add(file(0xfffe, 8, 8, 4000, 5, []byte{1, 2, 3, 4, 5}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseWAV(b)
		if err != nil {
			return
		}
		if len(r.Samples) > len(b) {
			t.Fatalf("%d samples of %d bytes", len(r.Samples), len(b))
		}
		if got := r.Telephone(time.Second); len(got) > Rate {
			t.Fatalf("%d samples in a second", len(got))
		}
	})
}

// level is the strength of a frequency in samples, as an amplitude.
func level(samples []int16, rate, hz float64) float64 {
	var re, im float64
	for i, s := range samples {
		re += float64(s) * math.Cos(2*math.Pi*hz*float64(i)/rate)
		im += float64(s) * math.Sin(2*math.Pi*hz*float64(i)/rate)
	}
	return 2 * math.Hypot(re, im) / float64(len(samples))
}

func TestResamplingKeepsVoicesAndFoldsNothing(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 44100, 48000} {
		tone := func(hz float64) []int16 {
			s := make([]int16, rate)
			for i := range s {
				s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
			}
			return s
		}
		got := Recording{Rate: rate, Samples: tone(1000)}.Telephone(2 * time.Second)
		if n := len(got); n < 7990 || n > 8000 {
			t.Errorf("%d Hz: %d samples of a second", rate, n)
		}
		if l := level(got, Rate, 1000); l < 0.95*peak || l > 1.05*peak {
			t.Errorf("%d Hz: 1 kHz has the level %.0f; want %d", rate, l, peak)
		}
		if rate < 12000 {
			continue
		}
		// 5 kHz would fold to 3 kHz. Both tones together, so that loudness is kept.
		both := tone(1000)
		for i, s := range tone(5000) {
			both[i] += s
		}
		got = Recording{Rate: rate, Samples: both}.Telephone(2 * time.Second)
		if folded, voice := level(got, Rate, 3000), level(got, Rate, 1000); folded > voice/100 {
			t.Errorf("%d Hz: 5 kHz comes through with %.4f of a voice", rate, folded/voice)
		}
	}
}

func TestSpeechIsCutAtItsLimit(t *testing.T) {
	long := Recording{Rate: 48000, Samples: make([]int16, 30*48000)}
	if got := long.Telephone(12 * time.Second); len(got) != 12*Rate {
		t.Errorf("got %s", Length(got))
	}
}

func TestAKeyIsPressedOnce(t *testing.T) {
	var pad Keypad
	now := time.Unix(0, 0)
	pressed := 0
	count := func(ok bool) {
		if ok {
			pressed++
		}
	}
	hold := func(key byte, stamp uint32, packets int) {
		for range packets {
			count(pad.Event(key, stamp, now))
			now = now.Add(20 * time.Millisecond)
		}
	}
	hold('1', 100, 30) // held for 600 ms, its end three times
	if pressed != 1 {
		t.Errorf("pressed %d times; want once", pressed)
	}
	count(pad.Report('1', now)) // the gateway reports it once more
	if pressed != 1 {
		t.Errorf("pressed %d times with its report; want once", pressed)
	}
	now = now.Add(time.Second)
	hold('1', 9000, 3)
	hold('2', 9400, 3)
	now = now.Add(time.Second)
	count(pad.Report('2', now))
	if pressed != 4 {
		t.Errorf("pressed %d times in all; want 4", pressed)
	}
}

func TestEventPayload(t *testing.T) {
	for i := range len(keys) {
		payload, ok := eventPayload(keys[i], true, 800)
		key, err := parseEvent(payload)
		if !ok || err != nil || key != keys[i] || !bytes.Equal(payload[1:], []byte{0x8a, 3, 32}) {
			t.Errorf("%c: got %c, %v, % x", keys[i], key, err, payload)
		}
	}
	if _, ok := eventPayload('x', false, 0); ok {
		t.Error("x is a key")
	}
}

func FuzzParseEvent(f *testing.F) {
	f.Add([]byte{1, 0x8a, 3, 32})
	f.Add([]byte{16, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if key, err := parseEvent(b); err == nil && !bytes.ContainsRune([]byte(keys), rune(key)) {
			t.Fatalf("% x is the key %q", b, key)
		}
	})
}

func BenchmarkTelephone(b *testing.B) {
	r := Recording{Rate: 48000, Samples: make([]int16, 12*48000)}
	for b.Loop() {
		r.Telephone(12 * time.Second)
	}
}
