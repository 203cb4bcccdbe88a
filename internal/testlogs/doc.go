// Package testlogs writes logs like those of a small site, and rules for them, for
// tests and benchmarks: the same text for the same seed, so that two programs can
// be compared on it. About one line in a thousand matches one of the rules, two in
// a hundred look like one.
package testlogs
