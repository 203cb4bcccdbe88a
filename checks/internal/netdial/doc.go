// Package netdial is the beginning of every network check: resolve the target,
// connect, speak TLS; with the time of each phase, and with the reason and the
// sentence when one of them fails.
//
// It exists because kinds of check never import one another, and because each
// of them must name the same failure in the same words.
package netdial
