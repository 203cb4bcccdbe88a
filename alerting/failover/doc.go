// Package failover acts on states: it holds the words that the kinds of action
// share. The folders below are the kinds, one folder each; they never import one
// another, and this package imports none of them. It imports nothing else of
// alerting, so that a probe can run actions.
//
// Acting is at most once. A request is durable before its action is carried out;
// an action whose outcome is unknown after a crash is never repeated: its status
// is asked, and a person is called. Every action first records its premises; one
// that fails stops it.
package failover
