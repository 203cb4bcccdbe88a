// Package graphs draws: series in, picture out. It is pure, knows nothing of
// hosts, checks or stores, and imports nothing of ours; words on a picture come
// from its caller, in the reader's language.
//
// go-chart draws the series, through its Renderer interface, on two canvases of
// our own: one writes SVG, one an indexed PNG. What go-chart gets wrong never
// reaches it: it hangs on NaN, fails on one point, bridges gaps, puts ticks at
// odd places and the legend over the data, and leaves its canvas. So points are
// cleaned and split into runs (segments.go), ticks are chosen here (axis.go,
// ticks.go), the legend is a table below the plot (legend.go), and the axes
// always cover the data.
//
// A picture's way: layout.go divides the space, draw.go works out and draws the
// parts, series.go hands runs to go-chart, and png.go or svg.go paint.
package graphs
