// Package tsdb is the store of measured values over the embedded Prometheus
// TSDB (github.com/prometheus/prometheus v0.315.0): append, PromQL, the
// Prometheus HTTP API and remote write.
//
// Its one promise: a sample that was acknowledged (Append returned nil, or the
// remote write request was answered 2xx) is on the disk, synced, and is found
// after kill -9, power loss or a full disk. The library does not give that by
// itself: its commit does not sync, and one failed write of its log makes
// everything that is logged later unreadable at the next start. So this package
//
//   - answers only after a shared sync of the log segments (sync.go);
//   - refuses appends while the disk has less than a set room (space.go);
//   - after the first failed write acknowledges nothing more, frees a ballast
//     file, closes, opens again and puts the ballast back (recover.go);
//   - looks after what a crash in the middle of a repair leaves (open.go);
//   - holds back compactions while one of them could make the library number its
//     files anew beside an append, and panic (compaction.go).
//
// Lock order: DB.mu before generation.mu; neither is held while waiting for the
// disk. A generation is one opened library database; appends and queries hold
// a reference, and a reopen waits until all are given back.
package tsdb
