//go:build race

package graphs

// The race detector makes each picture twenty times as dear, and drawing has no
// goroutines.
const (
	lastOddUnit = Number
	veryMany    = 50_000
)
