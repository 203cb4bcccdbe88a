// Package timeperiod says when something applies: periods written with the
// rules of Nagios' timeperiod directives (Nagios Core 4 documentation, "Time
// Periods"), and recurrences by RFC 5545 section 3.3.10.
//
// It is pure: text in, answers about moments out. A rule is read in the zone of
// its period. Where a clock is set back, a wall-clock time means its first
// occurrence; a time that a clock set forward leaves out means the moment of
// the change (for recurrences: as RFC 5545 section 3.3.5 says, the time that it
// would have been without the change).
package timeperiod
