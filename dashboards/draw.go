package dashboards

import (
	"io"

	"monitord/graphs"
)

// draw writes a picture as SVG or PNG with package graphs.
func draw(w io.Writer, p *graphs.Picture, format string, width, height int) error {
	if format == "png" {
		return p.PNG(w, width, height)
	}
	return p.SVG(w, width, height)
}
