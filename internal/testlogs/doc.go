// Package testlogs writes logs as hard to follow as they come, for tests: numbered
// lines at a rate, rotated in every way that is met, while the one who follows
// them is killed. It then counts which lines were lost and which came twice.
package testlogs
