//go:build race

package logs

// The race detector makes each run twenty times as dear, and the engine has no
// goroutines.
const (
	propertyRounds = 15
	endlessLine    = 32 << 20
	dearer         = 20
)
