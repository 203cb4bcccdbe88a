//go:build race

package alerting

// raceFactor is how much fewer worlds are tried under the race detector, which
// makes each ten times as dear. All of them are tried without it: see `make test`.
const raceFactor = 10
