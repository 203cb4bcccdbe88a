package dashboards

import (
	"context"
	"fmt"
	"io"
	"math"
	"time"

	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// mailSpans are the times that a mail's picture shows: long enough to see how
// the trouble began; a service that is new gets the shorter one.
var mailSpans = []time.Duration{3 * time.Hour, 15 * time.Minute}

// ServicePNG draws what a service's check measures, for a mail.
func (p *Pages) ServicePNG(ctx context.Context, w io.Writer, s checks.Service, width, height int, lang text.Lang) error {
	q := pictureRequest{
		format: "png", width: width, height: height, theme: graphs.Light, title: true,
		v: &view{p: p, Now: p.Now(), Zone: time.UTC, Lang: lang},
	}
	if inv := p.Inventory(); inv != nil {
		q.v.Zone = inv.Zone
	}
	var pic *graphs.Picture
	spans := mailSpans
	if p.ofTrend(s) {
		spans = []time.Duration{ranges[p.trendSpan(s)]}
	}
	for _, q.span = range spans {
		a := q.asker(ctx, s.Host)
		pic = q.servicePicture(a, s)
		if a.err != nil {
			return fmt.Errorf("picture of %s: %w", s, a.err)
		}
		pic.Title = cut(s.String(), 60)
		q.finish(a, pic)
		if drawable(pic) {
			break
		}
	}
	return p.Draw(w, pic, q.format, width, height)
}

// drawable reports whether some layer has enough points for a line.
func drawable(pic *graphs.Picture) bool {
	for _, l := range pic.Layers {
		known := 0
		for _, p := range l.Points {
			if !math.IsNaN(p.Value) {
				known++
			}
		}
		if known > 2 {
			return true
		}
	}
	return false
}
