// Package notify tells people: an outbox that hands messages over to channels,
// at least once, and records what became of them.
//
// A message is marked as being sent before it is handed over, and its answer is
// recorded after. A crash in between leaves it in doubt: it is told again with
// the same identity, and counted. A channel that fails for now is tried again
// with growing pauses for a day; one that refuses for ever is not.
//
// Messages to one recipient about one incident are handed over in order: a
// recovery waits for its problem, and is withdrawn when the recipient never got
// any problem. So a relay that was away delivers both, in order, when it is
// back.
//
// The folders below are the channels, one folder each. They never import one
// another, and this package imports none of them.
package notify
