//go:build !race

package tsdb

// cutStep is how many bytes further a log is cut each time.
const cutStep = 1
