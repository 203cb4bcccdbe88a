// Package wire holds the messages between probe and server: what is posted, in
// JSON, beside the samples, which travel as Prometheus remote write 1.0.
//
// Paths (TLS, client certificate except for enrolment):
//
//	POST /api/monitord/probe/v1/enroll   Enrolment    → Enrolled
//	POST /api/v1/write                   remote write
//	POST /api/monitord/probe/v1/events   EventBatch   → EventAck
//	GET  /api/monitord/probe/v1/poll?have=REVISION     → Assignment (long poll)
package wire
