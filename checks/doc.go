// Package checks holds the words of checking: one question asked of one host
// on a schedule, and what came of it.
//
// A Check is asked about a Target and answers with Results. A service that is
// down is a Result with a Reason; an error (or a recovered panic) means that
// we failed, and the scheduler turns it into UNKNOWN.
//
// The folders below are the kinds of check, one folder each; they never import
// one another, and this package imports none of them. Two explicit lists name
// them: builtin/local (for both programs) and builtin (adds what only the
// server can do). The engines beside them (schedule, later logs and trend) are
// no kinds of check.
package checks
