// Package intake is the server's door for probes: one TLS listener where they
// enrol, write samples, post events and wait for their assignment.
//
// Who speaks is decided by the client certificate and by nothing that a probe
// writes: the host goes along in the request's context (HostFrom), and an event
// for another host is refused with 403. Answers mean the same everywhere: 401
// the certificate does not count (enrol again, keep the data), 403 and 4xx never
// send this again, 413 too much at once, 503 come back after Retry-After.
//
// Bounds: a request's head must arrive within 10 s and its body within 30 s;
// bodies are limited in size, requests at work in number, connections in number.
package intake
