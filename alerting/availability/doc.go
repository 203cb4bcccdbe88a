// Package availability computes from the history of states how available
// services were, and what stands on them: up time, down time, failures, MTBF,
// MTTR and availability, by month and for a span. README.md is for operators.
//
// It is pure: histories in, figures out. The words are those of IEC 60050-192
// (192-08-01 steady state availability, 192-05-13 mean operating time between
// failures, 192-07-23 mean time to restoration):
//
//	availability = up / (up + down) = MTBF / (MTBF + MTTR)
//	MTBF = up / failures        MTTR = down / failures
//
// Down is a confirmed (hard) CRITICAL, or also WARNING where the configuration
// says so (Level). A failure is a time of being down that touches the span: one
// that lasts over the end of a month is in both months. Time of which nothing
// is known (Cond) is named and left out, and never counted as up.
//
// A tree says what a service for people stands on: in series all members must
// be up, in parallel one of them, or as many as are needed. Its measured figures
// follow the states of its members from moment to moment; the computed one takes
// the members' availabilities as the chances of independent events (IEC 61078,
// reliability block diagrams).
//
//   - cond.go, timeline.go: what is known at each moment
//   - figures.go, month.go: what that makes in a span
//   - planned.go: downtimes that were planned
//   - tree.go, combine.go, parse.go, config.go: trees
//   - report.go: everything together
package availability
