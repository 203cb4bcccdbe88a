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

// finish sets what all pictures of a request share.
func (q *pictureRequest) finish(a *asker, pic *graphs.Picture) {
	pic.Start, pic.End, pic.Zone, pic.Theme = a.start, a.end, q.v.Zone, q.theme
	pic.Gap = max(3*a.step, sparse)
	pic.Words = graphs.Words{Current: q.word("graph.current"), Min: q.word("graph.min"), Avg: q.word("graph.avg"), Max: q.word("graph.max"), Right: q.word("graph.right"), NoData: q.word("graph.no_data")}
	pic.Words.Day = func(t time.Time) string { return dayLabel(q.v.Lang, t) }
	if !q.title {
		pic.Title, pic.Subtitle = "", ""
	}
}
