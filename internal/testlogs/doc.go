// Package testlogs writes logs for tests and benchmarks: like those of a small
// site, with rules for them, the same text for the same seed (about one line in a
// thousand matches one of the rules, two in a hundred look like one); and as hard
// to follow as they come, numbered lines at a rate, rotated in every way that is
// met, while the one who follows them is killed. It then counts which lines were
// lost and which came twice.
package testlogs
