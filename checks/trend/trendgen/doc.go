// Package trendgen makes series whose events are known, to test detectors with.
//
// A series is a family (what is normal: rhythm, noise, whether it counts) and
// events laid over it (kind, time, size in units of the family's noise). The
// six pictures are the series of the manual: what operators see every month.
// The same seed gives the same series on every machine.
package trendgen
