// Package agent is the probe's daemon: it collects on time, keeps what it
// collected in a spool on disk, sends it oldest first, and takes its
// assignment from the server on a long poll.
//
// Two streams go out, each with a spool of its own: samples as Prometheus remote
// write 1.0 (protobuf, snappy block format), one collection a record, and events
// as wire.EventBatch. What the answer means: 2xx is acknowledged; 400, 403, 413,
// 415 and 422 mean that the server will never take this record, which is set
// aside and counted; everything else (no answer, 401, 404, 408, 429, 5xx) is
// tried again with a pause that doubles up to 30 s and heeds Retry-After.
// 401 is among those on purpose: a certificate that was replaced must not cost
// the data that waits for the next enrolment.
//
// Nothing here waits for the network while it collects.
package agent
