package graphs

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"time"
)

// FuzzPicture builds a picture from bytes: whatever it holds, PNG and SVG end
// quickly, without panic, and what they write can be read.
func FuzzPicture(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), "name", uint16(300), uint16(150), int64(3600), uint8(0), 1.0)
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0xF8, 0x7F, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9}, "東京\x00<", uint16(1), uint16(500), int64(1), uint8(255), math.Inf(1))
	f.Add([]byte{}, "", uint16(120), uint16(24), int64(-5), uint8(77), -1e300)
	f.Add([]byte("zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz"), "x", uint16(500), uint16(300), int64(200*365*86400), uint8(130), 1e15)
	f.Fuzz(func(t *testing.T, data []byte, name string, width, height uint16, seconds int64, bits uint8, v float64) {
		start := time.Unix(int64(bits)*1e7, 0)
		p := Picture{
			Title: name, Subtitle: name, Start: start, End: start.Add(time.Duration(seconds) * time.Second),
			Unit: Unit(bits % 9), RightUnit: Unit(bits / 9 % 9), Max: v, Theme: Theme(bits % 3), Gap: time.Duration(v),
			Thresholds: []Threshold{{Value: v, Label: name, More: name, At: start, From: start, To: start.Add(time.Duration(v))}}, Words: Words{NoData: name, Current: name},
		}
		for i := 0; len(data) >= 10 && i < 1000; i++ {
			if i%20 == 0 {
				p.Layers = append(p.Layers, Layer{Name: name, Kind: Kind(data[0] % 6), Color: int(data[1]), Right: data[1]%2 == 0})
			}
			l := &p.Layers[len(p.Layers)-1]
			at := start.Add(time.Duration(float64(binary.LittleEndian.Uint16(data)) / 65536 * float64(seconds) * 1e9))
			l.Points = append(l.Points, Point{at, math.Float64frombits(binary.LittleEndian.Uint64(data[2:]))})
			p.Events = append(p.Events, Event{At: at, End: at.Add(time.Duration(data[2]) * time.Minute), Kind: EventKind(data[3] % 9), Name: name, Label: name})
			data = data[5:]
		}
		w, h := int(width%700), int(height%500)
		if p.check(w, h) != nil {
			if p.PNG(nil, w, h) == nil || p.SVG(nil, w, h) == nil {
				t.Error("drawn although it cannot be")
			}
			return
		}
		pngOf(t, p, w, h)
		if s := svgOf(t, p, w, h); strings.Contains(s, "NaN") && !strings.Contains(name, "NaN") {
			t.Error("NaN in the SVG")
		}
	})
}
