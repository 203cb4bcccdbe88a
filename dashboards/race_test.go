//go:build race

package dashboards

// longestSpan is a period that takes more than one question, as a year does: the
// race detector makes each average ten times as dear.
const longestSpan = 40 * day
