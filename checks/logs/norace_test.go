//go:build !race

package logs

const (
	propertyRounds = 120
	endlessLine    = 1 << 30
	dearer         = 1
)
