// Package graphs draws: series in, picture out. It is pure, knows nothing of
// hosts, checks or stores, and imports nothing of ours; words on a picture come
// from its caller, in the reader's language.
package graphs
