//go:build !race

package dashboards

// longestSpan is the longest period of a picture: 105,000 averages of five minutes.
const longestSpan = 366 * day
