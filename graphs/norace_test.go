//go:build !race

package graphs

const (
	lastOddUnit = Seconds
	veryMany    = 1_000_000
)
