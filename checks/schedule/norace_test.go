//go:build !race

package schedule

// loadServices is what one server shall bear.
const loadServices = 50000
