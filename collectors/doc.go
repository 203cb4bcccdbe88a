// Package collectors holds the words of measuring: a Collector reads one
// source and gives samples to a Sink.
//
// The folders below are the sources; they never import one another, and this
// package imports none of them. The list `builtin` names them.
package collectors
