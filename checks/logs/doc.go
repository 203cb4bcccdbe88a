// Package logs runs rules on the lines of logs: those of our configuration and
// those of swatch. It is pure: bytes and times in, matches out; it opens no file,
// starts no program and no goroutine.
//
// A Set is rules compiled into one matcher. Of each expression the text is worked
// out that a matching line must hold; of several such texts the rarest in a sample
// of the log is taken; all of them are looked for in a whole block in one pass
// (scanner), and only lines that hold one are given to the expressions. These are
// RE2 (package regexp) where RE2 can, else a backtracking engine (regexp2) with a
// time limit a line, behind a weaker RE2 expression that goes first.
//
// A Matcher is the state of one stream of lines, and a Tracker what the rules
// remember of all streams: thresholds, pairs, sequences, expectations. A Tracker
// can be written as JSON and read again after a restart.
//
// Sources: swatchdog 3.2.4 (swatchdog(1), Swatchdog::Actions, ::Threshold and
// ::Throttle) for the words, the grammar and what thresholds count; perlre(1) for
// expressions; Wu and Manber, "A fast algorithm for multi-pattern searching"
// (TR 94-17, University of Arizona, 1994) for the scanner; RFC 3164 and 5424 for
// headers and severities.
package logs
