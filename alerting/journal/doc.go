// Package journal is the one timeline: every state change, notification,
// configuration change and event of a probe, in order, durable before anything
// is told or done.
//
// It is an SQLite database written by one goroutine in groups.
package journal
