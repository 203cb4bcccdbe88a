package graphs

import "github.com/wcharczuk/go-chart/v2/drawing"

// scheme holds every colour of one theme. Series colours are never a state's
// hue at a state's strength, so a red mark always means a state.
type scheme struct {
	ground, ink, ink2, ink3 drawing.Color
	grid, axis              drawing.Color // ink at 8 % and 25 %
	hatch                   drawing.Color
	series                  [6]drawing.Color
	critical, warning       drawing.Color // as text and lines on the ground
	unknown, missed, ok     drawing.Color
	down                    drawing.Color // a downtime's bar
}

// schemeOf returns the colours of a theme; an unknown theme is light.
func schemeOf(t Theme) scheme {
	if t == Dark {
		return darkScheme()
	}
	return lightScheme()
}

func lightScheme() scheme {
	ink := rgb(0x14181D)
	return scheme{
		ground: rgb(0xFFFFFF), ink: ink, ink2: rgb(0x47505B), ink3: rgb(0x616B76),
		grid: fade(ink, 0.08), axis: fade(ink, 0.25), hatch: rgb(0xBFC6CE),
		series: [6]drawing.Color{
			rgb(0x2463C4), rgb(0x17876D), rgb(0xB04A8E), rgb(0x7A6A3A), rgb(0x5B6878), rgb(0x3E92D3),
		},
		critical: rgb(0xB3200F), warning: rgb(0x855600), unknown: rgb(0x6638CF),
		missed: rgb(0x096A83), ok: rgb(0x18714A), down: rgb(0xB9CBF0),
	}
}

func darkScheme() scheme {
	ink := rgb(0xE9ECEF)
	return scheme{
		ground: rgb(0x15191E), ink: ink, ink2: rgb(0xAEB6C0), ink3: rgb(0x8B949F),
		grid: fade(ink, 0.08), axis: fade(ink, 0.25), hatch: rgb(0x3B434D),
		series: [6]drawing.Color{
			rgb(0x6EA3F2), rgb(0x3FB598), rgb(0xDE86BF), rgb(0xBFA96A), rgb(0x8D9AAB), rgb(0xA9D2F7),
		},
		critical: rgb(0xFF8B7D), warning: rgb(0xF7C24A), unknown: rgb(0xB8A1FF),
		missed: rgb(0x5CCAE6), ok: rgb(0x6CC79A), down: rgb(0x566C9C),
	}
}

// colors gives each layer its colour: its own choice, else the next that is
// still free; MRTG's "in" is green unless it says otherwise.
func (s scheme) colors(layers []Layer) []drawing.Color {
	n := len(s.series)
	chosen := make([]int, len(layers)) // 1 … n, 0 for none yet
	var used [6]bool
	for i, l := range layers {
		switch {
		case l.Color > 0:
			chosen[i] = (l.Color-1)%n + 1
		case l.Kind == In:
			chosen[i] = 2
		default:
			continue
		}
		used[chosen[i]-1] = true
	}
	out := make([]drawing.Color, len(layers))
	next := 0
	for i := range layers {
		if chosen[i] == 0 {
			for range n {
				if !used[next%n] {
					break
				}
				next++
			}
			chosen[i] = next%n + 1
			next++
		}
		out[i] = s.series[chosen[i]-1]
	}
	return out
}

func rgb(v uint32) drawing.Color {
	return drawing.Color{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 255}
}

// fade is c at a share of its strength.
func fade(c drawing.Color, share float64) drawing.Color {
	return c.WithAlpha(uint8(float64(c.A)*share + 0.5))
}
