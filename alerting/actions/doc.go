// Package actions acts on states: it watches the engine's services, asks for
// the configured action when one is hard bad, lets the guard look at its
// premises, carries it out at most once, and tells people. The words, the guard
// and the kinds of action are in alerting/failover, which a probe runs too.
//
//   - config.go, plan.go: the section `actions`, worked out against hosts and kinds
//   - watch.go, undo.go: which states ask for what; once a problem, put back after good checks
//   - decide.go, execute.go: premises, approval, start, end
//   - recover.go: what a crash left
//   - jobs.go: actions that a probe carries out
//   - people.go: run by hand, approve, freeze, re-arm
//   - tell.go: the built-in service HOST/action[NAME]
//   - proof.go: the chain of one request, in words
//
// At most once: a request is a row of the journal, with an identity made of the
// action, the host and the problem. The row is durable as "started" before
// anything is done, and the journal refuses to go there twice. A row that is
// found "started" after a crash is never repeated.
package actions
