//go:build race

package tsdb

// cutStep is a prime below the length of a record, so that each record is cut
// somewhere: the race detector makes each opening of a store ten times as dear.
const cutStep = 13
