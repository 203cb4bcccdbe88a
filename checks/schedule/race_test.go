//go:build race

package schedule

// loadServices is fewer under the race detector, which makes each run twenty
// times as dear.
const loadServices = 2000
