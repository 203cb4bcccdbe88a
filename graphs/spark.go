package graphs

import (
	"io"
	"strconv"
	"time"
)

// sparkWidth is the width of a sparkline in pixels.
const sparkWidth = 1.25

// Sparkline writes a line without axes as SVG for a table cell of a page. It is
// stretched to its cell, while the line keeps its width; it has the colour of
// the text around it, and class "spark" for the page's style sheet. A
// gap is left open; a constant series is a line in the middle.
func Sparkline(w io.Writer, points []Point, start, end time.Time) error {
	const width, height = 100, 28
	b := []byte(`<svg class="spark" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true"><path d="`)
	if seconds := end.Sub(start).Seconds(); seconds > 0 {
		f := frame{start, seconds, width}
		st := statsOf(points, start, end)
		for _, r := range newTrack(points, 0, f).runs {
			for i, p := range r {
				y := 0.5
				if st.max > st.min {
					y = (st.max - p.v) / (st.max - st.min)
				}
				b = append(b, "ML"[min(i, 1)])
				b = strconv.AppendFloat(b, p.t/seconds*width, 'f', 1, 64)
				b = append(b, ' ')
				b = strconv.AppendFloat(b, 1+y*(height-2), 'f', 1, 64)
			}
			if len(r) == 1 {
				b = append(b, "h.1"...)
			}
		}
	}
	b = append(b, `" fill="none" stroke="currentColor" stroke-width="1.25" stroke-linejoin="round" vector-effect="non-scaling-stroke"/></svg>`...)
	_, err := w.Write(b)
	return err
}
