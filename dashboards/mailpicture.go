package dashboards

import (
	"context"
	"fmt"
	"io"
	"time"

	"monitord/checks"
	"monitord/graphs"
	"monitord/internal/text"
)

// mailSpan is the time that a mail's picture shows: long enough to see how the
// trouble began, short enough to see it at all.
const mailSpan = 3 * time.Hour

// ServicePNG draws what a service's check measures, for a mail.
func (p *Pages) ServicePNG(ctx context.Context, w io.Writer, s checks.Service, width, height int, lang text.Lang) error {
	q := pictureRequest{
		format: "png", span: mailSpan, width: width, height: height, theme: graphs.Light, title: true,
		v: &view{p: p, Now: p.Now(), Zone: time.UTC, Lang: lang},
	}
	if inv := p.Inventory(); inv != nil {
		q.v.Zone = inv.Zone
	}
	a := q.asker(ctx, s.Host)
	pic := q.servicePicture(a, s)
	if a.err != nil {
		return fmt.Errorf("picture of %s: %w", s, a.err)
	}
	pic.Title = cut(s.String(), 60)
	q.finish(a, pic)
	return p.Draw(w, pic, q.format, width, height)
}
