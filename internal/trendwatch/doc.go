// Package trendwatch judges the series of the store with the detectors of
// checks/trend: it reads them, keeps what was learned, and tells what was found
// as states of services, HOST/trend[SERIES].
//
// # How series are read
//
// A rule is a PromQL expression and what is wanted of its series. Each minute
// the rules whose next step has come are asked over the last few steps, and each
// series has a cursor: the step up to which the store was read for it. What is
// behind the cursor and was not there before came late; it is handed on as far
// back as 64 steps. A series that was away, or is new, is caught up from its
// cursor (or from Config.Learn ago) by a question about its host alone, at a
// quarter of one core at most, so that the server stays responsive; then the
// minutes go on. So values are seen in the order of time, whenever they came, and a
// snapshot that is old costs nothing but reading.
//
// No values are no finding, and no recovery: the last state stays, unless the
// host goes on sending others. What is found while a host is DOWN or its probe
// gone, or within half an hour after a series came back, is told when it lasts
// longer than that.
//
// # What is kept
//
// DATA/trend/NN.snap are 64 files of snapshots, replaced whole, one a minute; all
// of them at the end. A file that is damaged, or of another version, costs
// learning its series anew.
//
//   - config.go, rules.go: the section `trends` and the rules by default
//   - watch.go, read.go, catchup.go: reading
//   - tell.go, words.go: findings to states, in words with units
//   - keep.go, shard.go: files
//   - capacity.go, view.go: what pages and pictures ask
package trendwatch
