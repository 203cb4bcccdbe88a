// Package trend finds what is unusual in one series, value by value: a limit
// that comes near, a surge, a drop, a pattern that changed. It has no clock of
// its own, does no I/O and starts nothing. A series takes some 12 KB.
//
// A Detector is shown the values with Observe. Each is judged without later
// ones. What comes out are three things that do not depend on each other:
//
//   - Findings: named, dated and explained, with hysteresis. Only they are for
//     paging. A finding keeps its number while it lasts: a slide that becomes a
//     collapse, a surge that stays and becomes a shift of level.
//   - A score from 0 to 1 for each value, for ranking. One half is an alert for
//     every series.
//   - Forecast (when a limit is reached), Cone (the value itself) and Band (the
//     normal range), for pictures and for people.
//
// # How findings are made
//
// bucket.go makes means of five minutes where values come more often. normal.go
// keeps a robust centre and spread for the series as a whole, for each hour of
// workdays and weekends, and for each hour of the week; whichever predicted best
// of late serves. change.go compares the last three, a dozen and four dozen with
// it. What a statistic must exceed (habits.go) is the greatest of three: what
// noise cannot reach, five times its usual size (so that noise with memory is no
// news), and the third greatest day of the last four weeks or the day of the week
// before (so that a habit is no news). It must also be more than the series'
// usual swings, not in spreads but as it is. A surge or drop has to move, too:
// when only its normal does, the rhythm is missing, and rhythm (level.go) says so;
// period.go does for rhythms of hours that are no part of a day. What stays for
// half a day on one level becomes the normal one. Nothing is learned at full
// weight while something is going on.
//
// # How limits are forecast
//
// teeth.go finds resets: a fall within two hours by an eighth of all that was
// seen. Paths are drawn from whole days of steps between resets (a block
// bootstrap; Künsch 1989), each path from its own choice of days. Three
// fillings that ended below the limit make it likely that the next one does,
// until one goes beyond them. A finding needs two horizons that agree, too.
//
// # How the score is made
//
// score.go turns a value into four kinds of evidence: the last few values, the
// shape of the last eight, unusual values of late, another state (its level, or
// how much it moves). Each is counted in decimal digits of how rare it was in
// this series (-log10 of the share of the past that reached it); the digits are
// added. Four digits are one half. What came before (events.go) is less news.
// After an alert, what follows has to exceed it, less with each value.
// Rank statistics of a series' own past are what makes one threshold serve all:
// compare conformal prediction (Vovk, Gammerman, Shafer 2005).
//
// The setting and its reasons are in docs/adr/0024; no number comes from a
// search on the files of a benchmark. trendgen makes the series that tests run on.
package trend
