// Package alerting decides: it turns results of checks into states of services
// (soft, hard) and marks beside them, problems into incidents with one cause
// each, and says who is to be told. README.md is for operators.
//
//   - step.go, flap.go: the state machine of one service, pure, as Nagios 4
//   - graph.go: what depends on what, and whether a problem is a service's own
//   - review.go, tick.go: what becomes of an incident after a result, after
//     something that the service depends on changed, and with time
//   - follow.go: incidents, and the messages about them
//   - ack.go, downtime.go: what people say
//
// The rooms below it: journal (what happened, durable), notify and one child
// per channel (telling).
package alerting
