//go:build !race

package alerting

const raceFactor = 1
